// The newsroom as an app: its service worker, on browsers that have them.

navigator.serviceWorker?.register("/admin/worker.js").catch(() => {
  // Without it, the newsroom works online only.
});
