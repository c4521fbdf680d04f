// SPDX-License-Identifier: Apache-2.0
//
// Elements in one expression, and changes that touch the page only when there is something new.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: `h("p", { class: "note", onclick }, "text", child)`. */
export function h(tag, attributes = {}, ...children) {
    return filled(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
    return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
    setAttributes(element, attributes);
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
}

/** False, null and undefined take an attribute away; ARIA's are told with a word. */
export function setAttributes(element, attributes) {
    for (const [name, given] of Object.entries(attributes)) {
        const value =
            name.startsWith("aria-") && typeof given === "boolean" ? String(given) : given;
        if (name.startsWith("on")) {
            element.addEventListener(name.slice(2), value);
        } else if (value === false || value === null || value === undefined) {
            element.removeAttribute(name);
        } else if (element.getAttribute(name) !== String(value)) {
            element.setAttribute(name, value === true ? "" : String(value));
        }
    }
}

export function setText(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}

/** A table cell, term or the like that shows a number and its unit apart. */
export function figure(className = "") {
    const value = h("span", { class: "figure-value" });
    const unit = h("span", { class: "figure-unit" });
    const element = h("span", { class: `figure ${className}`.trim() }, value, unit);
    return {
        element,
        set(text, symbol = "") {
            setText(value, text);
            setText(unit, symbol && `\u202f${symbol}`);
        },
    };
}
