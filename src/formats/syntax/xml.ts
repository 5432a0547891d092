import { DOMParser, type Element, type Node, onErrorStopParsing, ParseError } from "@xmldom/xmldom";
import { InputError } from "../../base/errors.js";
import { type Entry, entryOf, type SourceFile } from "../draft/entry.js";

const ELEMENT = 1;
const COMMENT = 8;

function childrenOf(node: Element): Node[] {
  return Array.from({ length: node.childNodes.length }, (_, place) => node.childNodes.item(place)!);
}

/**
 * The root element of an XML file as an entry: attributes and elements are the entries in it, and text is an element's value.
 * An element without either is a leaf. Throws InputError for what is no XML.
 */
export function xmlEntry({ name, text }: SourceFile): Entry {
  const read = (element: Element): Entry => {
    const line = (element as Element & { lineNumber?: number }).lineNumber ?? 1;
    const attributes = Array.from({ length: element.attributes.length }, (_, place) => {
      const {
        name: key,
        value,
        lineNumber = line,
      } = element.attributes.item(place)! as {
        name: string;
        value: string;
        lineNumber?: number;
      };
      return entryOf(name, lineNumber, key, value, `<${element.tagName} ${key}='${value}'>`);
    });
    const inner = childrenOf(element);
    const elements = inner.filter(({ nodeType }) => nodeType === ELEMENT).map((each) => read(each as Element));
    const value = inner
      .filter(({ nodeType }) => nodeType !== ELEMENT && nodeType !== COMMENT)
      .map(({ nodeValue }) => nodeValue ?? "")
      .join("")
      .trim();
    const shown = value === "" ? `<${element.tagName}/>` : `<${element.tagName}>${value}</${element.tagName}>`;
    const words =
      value === "" || attributes.length + elements.length === 0 ? [] : [entryOf(name, line, "#text", value, shown)];
    return { ...entryOf(name, line, element.tagName, value, shown), entries: [...attributes, ...elements, ...words] };
  };
  try {
    const document = new DOMParser({ onError: onErrorStopParsing }).parseFromString(text, "text/xml");
    return read(document.documentElement!);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const { lineNumber } = (error.locator ?? {}) as { lineNumber?: number };
    throw new InputError(error.message.split("\n")[0]!, lineNumber === undefined ? name : `${name}:${lineNumber}`);
  }
}
