// The rich text editors of a page, whether they were created before or after this module was loaded.
import { closest } from "../liveblog/dom.js";

/** @import { Editor } from "django-prose-editor/editor" */

/**
 * Return whether Ctrl+K is about a link: in the text of an editor where something is selected, or in a link. Elsewhere
 * it opens the command palette.
 *
 * @param {Event} event
 */
export function isAboutLink(event) {
  const dom = /** @type {(Element & { editor?: Editor }) | null} */ (closest(event, ".ProseMirror"));
  const editor = dom?.editor;
  return Boolean(editor && (!editor.state.selection.empty || editor.isActive("link")));
}

/**
 * Call a function once for each editor below a root, now or as soon as the editor exists.
 *
 * @param {Document | Element} root
 * @param {(editor: Editor, textarea: HTMLTextAreaElement | null) => void} act
 */
export function eachEditor(root, act) {
  const known = new WeakSet();
  /**
   * @param {Editor | undefined} editor
   * @param {HTMLTextAreaElement | null | undefined} textarea
   */
  const once = (editor, textarea) => {
    if (!editor || known.has(editor)) return;
    known.add(editor);
    act(editor, textarea ?? null);
  };
  root.addEventListener("prose-editor:ready", (event) => {
    const { detail } = /** @type {CustomEvent<{ editor: Editor, textarea: HTMLTextAreaElement }>} */ (event);
    once(detail.editor, detail.textarea);
  });
  for (const dom of root.querySelectorAll(".ProseMirror")) {
    const { editor } = /** @type {Element & { editor?: Editor }} */ (dom);
    once(editor, dom.closest(".prose-editor")?.parentElement?.querySelector("textarea"));
  }
}
