import { NLM_F_CREATE, NLM_F_EXCL } from "../../netlink/message.js";
import { change, type Change, type SetReference } from "../messages/change.js";
import { elementContents } from "./elements.js";
import { type SetElement, setContent, type SetSettings, type SetShape } from "./sets.js";
import * as tables from "../messages/nf-tables.js";

/** Adds a set or map with its elements. Throws InputError. */
export function addSet(settings: SetSettings): Change[] {
  const { family, table, set: name, elements = [], ...more } = settings;
  const place = { family, table, set: name };
  const attributes = { table, name, id: setId(), ...setContent(more) };
  return [
    change(tables.NFT_MSG_NEWSET, place, `set ${name}`, attributes, NLM_F_CREATE),
    ...elementChanges(tables.NFT_MSG_NEWSETELEM, place, more, elements),
  ];
}

let namedSets = 0x80000000;

/** A number for a set that has a name: the kernel wants one. */
function setId(): number {
  namedSets = (namedSets + 1) >>> 0 || 0x80000000;
  return namedSets;
}

/** Elements as changes, so many in each. */
export function elementChanges(
  messageType: typeof tables.NFT_MSG_NEWSETELEM,
  place: SetReference,
  shape: SetShape,
  elements: readonly SetElement[],
  { id, subject = `set ${place.set}` }: { id?: number; subject?: string } = {},
): Change[] {
  const values = elementContents(shape, elements);
  const changes: Change[] = [];
  for (let start = 0; start < values.length; start += tables.ELEMENTS_EACH) {
    const some = values.slice(start, start + tables.ELEMENTS_EACH);
    const attributes = { table: place.table, set: place.set, elements: some, setId: id };
    changes.push(change(messageType, place, `elements of ${subject}`, attributes, NLM_F_CREATE));
  }
  return changes;
}

/**
 * Adds elements to a set or map, whose keys and values are as `shape` says. One that is there with these values stays as it is, with
 * its comment, and before Linux 6.13 with its timeout; `exclusive`: fails with EEXIST then. Throws InputError.
 */
export function addElements(
  place: SetReference,
  shape: SetShape,
  elements: readonly SetElement[],
  { exclusive = false }: { readonly exclusive?: boolean } = {},
): Change[] {
  const changes = elementChanges(tables.NFT_MSG_NEWSETELEM, place, shape, elements);
  return exclusive ? changes.map((each) => ({ ...each, flags: each.flags | NLM_F_EXCL })) : changes;
}

/** Removes elements from a set or map; none at all for an empty list. Throws InputError. */
export function removeElements(place: SetReference, shape: SetShape, elements: readonly SetElement[]): Change[] {
  return elementChanges(tables.NFT_MSG_DELSETELEM, place, shape, elements).map((each) => ({ ...each, flags: 0 }));
}

/** Removes all elements of a set or map. */
export function flushSet(place: SetReference): Change {
  const { table, set } = place;
  return change(tables.NFT_MSG_DELSETELEM, place, `the elements of set ${set}`, { table, set });
}

/** Removes a set or map that no rule uses. */
export function removeSet(place: SetReference): Change {
  const { table, set: name } = place;
  return change(tables.NFT_MSG_DELSET, place, `set ${name}`, { table, name });
}
