// The rich text editors of a page, whether they were ready before this module or are made later.

export function eachEditor(root, take) {
  const taken = new WeakSet();
  const once = (editor, textarea) => {
    if (!editor || taken.has(editor)) return;
    taken.add(editor);
    take(editor, textarea);
  };
  root.addEventListener("prose-editor:ready", ({ detail }) => once(detail.editor, detail.textarea));
  for (const dom of root.querySelectorAll(".ProseMirror")) {
    once(dom.editor, dom.closest(".prose-editor").parentElement.querySelector("textarea"));
  }
}
