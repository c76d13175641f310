// What the newsroom's service worker uses of its own scope: the types of pages know no workers.

interface NewsroomFetchEvent extends Event {
  request: Request;
  respondWith(response: Promise<Response>): void;
  waitUntil(work: Promise<unknown>): void;
}

interface NewsroomWorker {
  addEventListener(type: "install", listener: () => void): void;
  addEventListener(type: "fetch", listener: (event: NewsroomFetchEvent) => void): void;
  skipWaiting(): void;
}
