// What our scripts use of the rich text editor, which comes without types of its own.

declare module "django-prose-editor/editor" {
  export interface Editor {
    view: { dom: HTMLElement };
    state: {
      selection: { empty: boolean; $from: { parent: { isTextblock: boolean; content: { size: number } } } };
    };
    commands: {
      focus(position?: "start" | "end"): boolean;
      setContent(html: string, options?: { emitUpdate: boolean }): boolean;
    };
    options: { editorProps: { transformPastedHTML?: (html: string, view: unknown) => string } };
    setOptions(options: object): void;
    getHTML(): string;
    destroy(): void;
  }
  export const Extension: { create(definition: object): object };
  export const Mark: { create(definition: object): object };
}

declare module "django-prose-editor/configurable" {
  import type { Editor } from "django-prose-editor/editor";
  export function createEditor(textarea: HTMLTextAreaElement): Promise<Editor>;
}
