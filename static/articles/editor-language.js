// The language of words that are not in the text's own: `lang` and `dir` on spans, paragraphs and quotes stay when a
// text is edited.
import { Extension, Mark } from "django-prose-editor/editor";

const attribute = (name) => ({
  default: null,
  parseHTML: (element) => element.getAttribute(name),
  renderHTML: (attributes) => (attributes[name] ? { [name]: attributes[name] } : {}),
});

const ForeignWords = Mark.create({
  name: "foreignWords",
  addAttributes: () => ({ lang: attribute("lang"), dir: attribute("dir") }),
  parseHTML: () => [{ tag: "span[lang]" }],
  renderHTML: ({ HTMLAttributes }) => ["span", HTMLAttributes, 0],
});

export const Language = Extension.create({
  name: "language",
  addExtensions: () => [ForeignWords],
  addGlobalAttributes: () => [
    { types: ["paragraph", "blockquote"], attributes: { lang: attribute("lang"), dir: attribute("dir") } },
  ],
});
