// Names each rich text editor of a form after the label of its field, which belongs to the hidden text area.
import { eachEditor } from "./editors.js";

eachEditor(document, (editor, textarea) => {
  const label = textarea?.labels?.[0];
  if (!label) return;
  label.id ||= `${textarea?.id}-label`;
  editor.view.dom.setAttribute("aria-labelledby", label.id);
});
