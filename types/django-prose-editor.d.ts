// What our scripts use of the rich text editor, which comes without types of its own.

declare module "django-prose-editor/editor" {
  export interface DocumentNode {
    type: { name: string };
    textContent: string;
    descendants(visit: (node: DocumentNode, position: number) => void): void;
  }
  export interface EditorState {
    doc: DocumentNode;
  }
  export const Plugin: new (specification: object) => object;
  export const pm: {
    view: {
      Decoration: { widget(position: number, make: () => HTMLElement, options: { side: number }): object };
      DecorationSet: { create(doc: DocumentNode, decorations: object[]): object };
    };
  };
  export interface Chain {
    run(): boolean;
    focus(): Chain;
    toggleHeading(attributes: { level: number }): Chain;
    toggleBold(): Chain;
    toggleItalic(): Chain;
    toggleStrike(): Chain;
    toggleBulletList(): Chain;
    toggleOrderedList(): Chain;
    toggleBlockquote(): Chain;
    addRowAfter(): Chain;
    deleteRow(): Chain;
    addColumnAfter(): Chain;
    deleteColumn(): Chain;
    toggleHeaderCell(): Chain;
    mergeCells(): Chain;
    splitCell(): Chain;
    deleteTable(): Chain;
    insertTable(size: { rows: number; cols: number; withHeaderRow: boolean }): Chain;
    extendMarkRange(name: string): Chain;
    unsetLink(): Chain;
    setMark(name: string, attributes: object): Chain;
    updateAttributes(name: string, attributes: object): Chain;
    insertContent(content: object): Chain;
  }
  export interface Editor {
    view: { dom: HTMLElement };
    state: EditorState & {
      selection: { empty: boolean; $from: { parent: { isTextblock: boolean; content: { size: number } } } };
    };
    commands: {
      undo(): boolean;
      redo(): boolean;
      focus(position?: "start" | "end"): boolean;
      setContent(html: string, options?: { emitUpdate: boolean }): boolean;
    };
    options: { editorProps: { transformPastedHTML?: (html: string, view: unknown) => string } };
    setOptions(options: object): void;
    isActive(name: string, attributes?: object): boolean;
    getAttributes(name: string): Record<string, unknown>;
    chain(): Chain;
    can(): Record<string, () => boolean>;
    on(event: "transaction", listener: () => void): void;
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
