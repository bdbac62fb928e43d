/** The element with an id, which the page has. */
export function at<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Sets a text that differs; what stays is not touched, nor told by screen readers. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
