// The toolbar of a rich text editor: a single tab stop, whose buttons the arrow keys reach (WAI-ARIA Authoring
// Practices, "Toolbar Pattern"), in the language and direction of the page. It is below the text, so that Tab moves
// from a headline into the text.
import { Extension, Plugin, pm } from "django-prose-editor/editor";
import { findAll, make } from "../liveblog/dom.js";
import { askForLink, askForTable } from "./editor-dialogs.js";

/** @import { Editor, EditorState } from "django-prose-editor/editor" */
/** @import { Words } from "./editor-dialogs.js" */

/**
 * @typedef {object} Item a button of the toolbar
 * @property {string} name of the button's words
 * @property {string} icon of the font Material Icons
 * @property {boolean} [turns] whether the icon points the other way where text runs from right to left
 * @property {(editor: Editor, words: Words) => unknown} act
 * @property {string} [mark] the mark or node that the button sets and takes away
 * @property {string} [keys]
 * @property {boolean} [inTable] whether it is there in tables only
 * @property {string} [can] the command that must be possible
 * @property {boolean} [opens] whether it opens a dialog
 */

/** By group. @type {Item[][]} */
const GROUPS = [
  [
    {
      name: "heading",
      icon: "title",
      mark: "heading",
      act: (editor) => editor.chain().focus().toggleHeading({ level: 3 }).run(),
    },
    {
      name: "bold",
      icon: "format_bold",
      mark: "bold",
      keys: "Ctrl+B",
      act: (editor) => editor.chain().focus().toggleBold().run(),
    },
    {
      name: "italic",
      icon: "format_italic",
      mark: "italic",
      keys: "Ctrl+I",
      act: (editor) => editor.chain().focus().toggleItalic().run(),
    },
    {
      name: "strike",
      icon: "format_strikethrough",
      mark: "strike",
      act: (editor) => editor.chain().focus().toggleStrike().run(),
    },
    { name: "link", icon: "insert_link", mark: "link", keys: "Ctrl+K", opens: true, act: askForLink },
  ],
  [
    {
      name: "bulletList",
      icon: "format_list_bulleted",
      turns: true,
      mark: "bulletList",
      act: (editor) => editor.chain().focus().toggleBulletList().run(),
    },
    {
      name: "orderedList",
      icon: "format_list_numbered",
      mark: "orderedList",
      act: (editor) => editor.chain().focus().toggleOrderedList().run(),
    },
    {
      name: "blockquote",
      icon: "format_quote",
      mark: "blockquote",
      act: (editor) => editor.chain().focus().toggleBlockquote().run(),
    },
    { name: "table", icon: "grid_on", opens: true, can: "insertTable", act: askForTable },
  ],
  [
    {
      name: "rowAdd",
      icon: "playlist_add",
      inTable: true,
      act: (editor) => editor.chain().focus().addRowAfter().run(),
    },
    {
      name: "rowRemove",
      icon: "playlist_remove",
      inTable: true,
      act: (editor) => editor.chain().focus().deleteRow().run(),
    },
    {
      name: "columnAdd",
      icon: "add_chart",
      inTable: true,
      act: (editor) => editor.chain().focus().addColumnAfter().run(),
    },
    {
      name: "columnRemove",
      icon: "view_column",
      inTable: true,
      act: (editor) => editor.chain().focus().deleteColumn().run(),
    },
    {
      name: "headerCell",
      icon: "table_rows",
      inTable: true,
      act: (editor) => editor.chain().focus().toggleHeaderCell().run(),
    },
    {
      name: "mergeCells",
      icon: "call_merge",
      inTable: true,
      can: "mergeCells",
      act: (editor) => editor.chain().focus().mergeCells().run(),
    },
    {
      name: "splitCell",
      icon: "call_split",
      inTable: true,
      can: "splitCell",
      act: (editor) => editor.chain().focus().splitCell().run(),
    },
    { name: "tableRemove", icon: "delete", inTable: true, act: (editor) => editor.chain().focus().deleteTable().run() },
  ],
  [
    { name: "undo", icon: "undo", turns: true, keys: "Ctrl+Z", can: "undo", act: (editor) => editor.commands.undo() },
    { name: "redo", icon: "redo", turns: true, keys: "Ctrl+Y", can: "redo", act: (editor) => editor.commands.redo() },
  ],
];

class ToolbarView {
  #editor;
  #words;
  /** @type {Map<Item, HTMLButtonElement>} */
  #buttons = new Map();
  element = make("div", { className: "editor-toolbar" });

  /**
   * @param {Editor} editor
   * @param {Words} words
   */
  constructor(editor, words) {
    this.#editor = editor;
    this.#words = words;
    const { lang, dir } = document.documentElement;
    Object.assign(this.element, { lang, dir });
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", words.toolbar);
    for (const items of GROUPS) {
      this.element.append(make("div", { className: "group" }, ...items.map((item) => this.#button(item))));
    }
    this.element.addEventListener("keydown", (event) => this.#moved(event));
    this.element.addEventListener("focusin", ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#stopAt(target);
    });
    this.update();
  }

  /** Show the marks at the selection, and the possible actions. */
  update() {
    const isInTable = this.#editor.isActive("table");
    const can = this.#editor.can();
    for (const [item, button] of this.#buttons) {
      button.hidden = Boolean(item.inTable) && !isInTable;
      if (item.mark) button.setAttribute("aria-pressed", String(this.#editor.isActive(item.mark)));
      if (item.can) button.setAttribute("aria-disabled", String(!can[item.can]()));
    }
    const shown = this.#shown;
    this.#stopAt(shown.find(({ tabIndex }) => tabIndex === 0) ?? shown[0]);
  }

  /** @param {Item} item */
  #button(item) {
    const { name, icon, turns, keys, opens } = item;
    const label = this.#words[name] ?? name;
    const title = keys ? `${label} (${keys})` : label;
    const sign = make("span", { className: turns ? "material-icons turns" : "material-icons" }, icon);
    sign.setAttribute("aria-hidden", "true");
    const button = make("button", { type: "button", tabIndex: -1, title }, sign);
    button.setAttribute("aria-label", label);
    if (keys) button.setAttribute("aria-keyshortcuts", keys.replace("Ctrl", "Control"));
    if (opens) button.setAttribute("aria-haspopup", "dialog");
    // The text keeps its selection.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") item.act(this.#editor, this.#words);
    });
    this.#buttons.set(item, button);
    return button;
  }

  get #shown() {
    return /** @type {HTMLButtonElement[]} */ (findAll(this.element, "button:not([hidden])"));
  }

  /** @param {HTMLButtonElement | undefined} button */
  #stopAt(button) {
    for (const other of this.#buttons.values()) other.tabIndex = other === button ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #moved(event) {
    const shown = this.#shown;
    const index = shown.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const forward = this.element.dir === "rtl" ? -1 : 1;
    /** @type {Record<string, number>} */
    const targets = { ArrowRight: index + forward, ArrowLeft: index - forward, Home: 0, End: shown.length - 1 };
    const target = targets[event.key];
    if (event.key === "Escape") this.#editor.commands.focus();
    if (target === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    shown.at(target % shown.length)?.focus();
  }
}

/**
 * Return the texts of an editor, from its widget.
 *
 * @param {Editor} editor
 * @returns {Words}
 */
function wordsOf(editor) {
  const frame = editor.view.dom.closest("[data-words]");
  return JSON.parse((frame instanceof HTMLElement && frame.dataset.words) || "{}");
}

/**
 * Give the editor's element the accessible name of the field that it replaces.
 *
 * @param {HTMLElement} dom
 */
function nameAfterLabel(dom) {
  const textarea = dom.closest(".prose-editor")?.querySelector("textarea");
  const label = textarea?.labels?.[0]?.textContent?.trim();
  if (label) dom.setAttribute("aria-label", label);
}

/**
 * Return the decorations that label empty heading cells of tables.
 *
 * @param {EditorState} state
 * @param {string} name
 */
function namedHeadings(state, name) {
  const { Decoration, DecorationSet } = pm.view;
  /** @type {object[]} */
  const found = [];
  state.doc.descendants((node, position) => {
    if (node.type.name !== "tableHeader" || node.textContent || !name) return;
    const placeholder = () => make("span", { className: "placeholder" }, name);
    // In the paragraph of the cell, after the caret.
    found.push(Decoration.widget(position + 2, placeholder, { side: 1 }));
  });
  return DecorationSet.create(state.doc, found);
}

/** The editor's extension with the toolbar. It must come after the others, because it overrides their key for links. */
export const Toolbar = Extension.create({
  name: "toolbar",
  priority: 1000,
  /** @this {{ editor: Editor }} */
  addKeyboardShortcuts() {
    return {
      "Mod-k": () => {
        askForLink(this.editor, wordsOf(this.editor));
        return true;
      },
    };
  },
  addStorage: () => ({ heading: "" }),
  /** @this {{ storage: { heading: string } }} */
  addProseMirrorPlugins() {
    const { storage } = this;
    return [
      new Plugin({
        props: { decorations: (/** @type {EditorState} */ state) => namedHeadings(state, storage.heading) },
      }),
    ];
  },
  /**
   * @this {{ storage: { heading: string } }}
   * @param {{ editor: Editor }} created
   */
  onCreate(created) {
    const { editor } = created;
    const words = wordsOf(editor);
    this.storage.heading = words.headerCell ?? "";
    const view = new ToolbarView(editor, words);
    editor.view.dom.after(view.element);
    nameAfterLabel(editor.view.dom);
    editor.on("transaction", () => view.update());
  },
});
