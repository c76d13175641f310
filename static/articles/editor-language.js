// The language of passages that are not in the text's own: `lang` and `dir` on spans, paragraphs and quotes stay when a
// text is edited.
import { Extension, Mark } from "django-prose-editor/editor";

/** @param {string} name */
const attribute = (name) => ({
  default: null,
  /** @param {HTMLElement} element */
  parseHTML: (element) => element.getAttribute(name),
  /** @param {Record<string, string>} attributes */
  renderHTML: (attributes) => (attributes[name] ? { [name]: attributes[name] } : {}),
});

const ForeignWords = Mark.create({
  name: "foreignWords",
  addAttributes: () => ({ lang: attribute("lang"), dir: attribute("dir") }),
  parseHTML: () => [{ tag: "span[lang]" }],
  /** @param {{ HTMLAttributes: Record<string, string> }} given */
  renderHTML: ({ HTMLAttributes }) => ["span", HTMLAttributes, 0],
});

/** The editor's extension for languages. */
export const Language = Extension.create({
  name: "language",
  addExtensions: () => [ForeignWords],
  addGlobalAttributes: () => [
    { types: ["paragraph", "heading", "blockquote"], attributes: { lang: attribute("lang"), dir: attribute("dir") } },
  ],
});
