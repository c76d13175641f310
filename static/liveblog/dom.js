// Finds and makes elements.

/** Other sites may require that HTML passes a policy (Trusted Types, W3C). */
const policy = trusted();

function trusted() {
  try {
    return /** @type {any} */ (globalThis).trustedTypes?.createPolicy("live-blog", {
      createHTML: (/** @type {string} */ html) => html,
    });
  } catch {
    // The site does not allow our policy, or another copy of this module has created it.
    return undefined;
  }
}

/**
 * Return the first element that a selector matches.
 *
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [type] the class of the element
 * @returns {T}
 * @throws {Error} if there is none, or one of another class: template and script do not match
 */
export function find(root, selector, type) {
  return checked(root.querySelector(selector), selector, type);
}

/**
 * Return the element of the document that has an id.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 * @throws {Error} if there is none
 */
export function byId(id, type) {
  return checked(document.getElementById(id), `#${id}`, type);
}

/**
 * Return all HTML elements that a selector matches.
 *
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export function findAll(root, selector) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(selector))];
}

/**
 * Return the children of an element.
 *
 * @param {Element} element
 * @returns {HTMLElement[]}
 */
export function childrenOf(element) {
  return /** @type {HTMLElement[]} */ ([...element.children]);
}

/**
 * Return the element on which an event began, or one around it, that a selector matches.
 *
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function closest(event, selector) {
  return event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest(selector)) : null;
}

/**
 * Return the element that has the focus.
 *
 * @returns {HTMLElement | null}
 */
export function focused() {
  return /** @type {HTMLElement | null} */ (document.activeElement);
}

/**
 * Return the first element of some HTML. It is the server's own, so it is not cleaned.
 *
 * @param {string} html
 * @returns {HTMLElement}
 */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = /** @type {string} */ (policy ? policy.createHTML(html) : html);
  return /** @type {HTMLElement} */ (template.content.firstElementChild);
}

/**
 * Make an element.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/**
 * Return the control of a form that has a name.
 *
 * @param {HTMLFormElement} form
 * @param {string} name
 * @returns {HTMLInputElement} which stands for all controls
 */
export function control(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}

/**
 * @template {Element} T
 * @param {Element | null} element
 * @param {string} selector
 * @param {new () => T} [type]
 * @returns {T}
 */
function checked(element, selector, type) {
  if (!(element instanceof (type ?? HTMLElement))) throw new Error(`The page has no ${selector}.`);
  return /** @type {T} */ (element);
}
