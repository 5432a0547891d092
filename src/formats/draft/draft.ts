import { InputError, quoted } from "../../base/errors.js";
import type { HostDeclaration } from "../../topology/declaration/declaration.js";
import { defineHost } from "../../topology/declaration/schema.js";
import type { Entry } from "./entry.js";

/** A line, or a part of one, that is not in the declaration. */
export interface Uncarried {
  readonly file: string;
  readonly line: number;
  /** What it says, but for secrets. */
  readonly text: string;
  readonly why: string;
}

/** What files say, as a declaration, and what of them it cannot say. */
export interface Imported {
  readonly declaration: HostDeclaration;
  /** In the order of files and lines. */
  readonly uncarried: readonly Uncarried[];
}

type Path = readonly string[];
type From = Entry | readonly Entry[];

/** A declaration in the making, and the account of what it comes from. */
export interface Draft {
  /** Settings that are to be accounted for: those of which nothing is said in the end are reported. */
  expect(entries: readonly Entry[]): void;
  /** A value that settings give; another one that was given before stays. */
  set(from: From, path: Path, value: unknown): void;
  /** A value that holds unless one is given. */
  assume(path: Path, value: unknown): void;
  /** One more of a list. */
  add(from: From, path: Path, value: unknown): void;
  /** It is in what was read of other settings, or says what is so anyway. */
  carry(...entries: readonly Entry[]): void;
  refuse(entry: Entry, why: string): void;
  /** Whether a value was given. */
  has(path: Path): boolean;
  /** Does something with a setting, whose refusal is a reason not to carry it. */
  reading(entry: From, work: () => void): void;
  finish(): Imported;
}

interface Piece {
  readonly path: Path;
  readonly value: unknown;
  readonly from: readonly Entry[];
  readonly isItem: boolean;
}

type Tree = Record<string, unknown>;

/** An object that any name can be put into. */
function emptyTree(): Tree {
  return Object.create(null) as Tree;
}

function keyOf(path: Path): string {
  return path.join("\n");
}

/** The object that pieces make, and the path of each in it. */
function assembled(pieces: readonly Piece[]): { value: Tree; places: Map<string, Piece> } {
  const value = emptyTree();
  const places = new Map<string, Piece>();
  for (const piece of pieces) {
    const last = piece.path.at(-1)!;
    let at = value;
    for (const name of piece.path.slice(0, -1)) at = (at[name] ??= emptyTree()) as Tree;
    if (piece.isItem) {
      const list = (at[last] ??= []) as unknown[];
      places.set([...piece.path, String(list.length)].join("."), piece);
      list.push(structuredClone(piece.value));
    } else {
      places.set(piece.path.join("."), piece);
      at[last] = piece.value;
    }
  }
  return { value, places };
}

/** What a link is comes before what is said of it. */
function ordered({ links, ...rest }: Tree): Tree {
  if (links === undefined) return rest;
  const each = Object.entries(links as Record<string, Tree>).map(([name, { kind, link, ...settings }]) => [
    name,
    { ...(kind === undefined ? {} : { kind }), ...(link === undefined ? {} : { link }), ...settings },
  ]);
  return { links: Object.fromEntries(each) as unknown, ...rest };
}

/** Whether a piece needs a link that is not its own. */
function needs({ path, value }: Piece, link: string): boolean {
  const [part, , property = ""] = path;
  if (part === "links") return ["link", "master", "peer"].includes(property) && value === link;
  return part === "routes" && (value as { link?: string }).link === link;
}

/** Both ends of a pair may say that they are one; a declaration makes the pair at the first. */
function secondEnds(pieces: readonly Piece[]): Piece[] {
  const peers = new Map(
    pieces
      .filter(({ path: [part, , property] }) => part === "links" && property === "peer")
      .map(({ path: [, name = ""], value }) => [name, value as string]),
  );
  const names = [...peers.keys()];
  const seconds = names.filter((name, place) => {
    const peer = peers.get(name)!;
    return peers.get(peer) === name && names.indexOf(peer) < place;
  });
  return pieces.filter(
    ({ path: [part, name = "", property = ""] }) =>
      part === "links" && seconds.includes(name) && (property === "kind" || property === "peer"),
  );
}

/** Kinds of links that come up only when what they are on is up. */
const ON_TOP: readonly unknown[] = ["vlan", "macvlan", "macvtap", "ipvlan", "ipvtap"];

/** With a spanning tree, the kernel makes this of a shorter forward delay (BR_MIN_FORWARD_DELAY, net/bridge/br_private.h). */
const SHORTEST_DELAY = 2000;

const NO_WORD = "a declaration has no word for it";

/** Begins a declaration. */
export function beginDraft(): Draft {
  const expected: Entry[] = [];
  const reasons = new Map<Entry, string[]>();
  const carried = new Set<Entry>();
  let pieces: Piece[] = [];
  const assumed: Piece[] = [];

  const listed = (from: From): readonly Entry[] => (Array.isArray(from) ? (from as readonly Entry[]) : [from as Entry]);
  /** The pieces by their paths; those of lists by what they are, too. */
  let known = new Map<string, Piece>();
  const keyOfPiece = ({ path, value, isItem }: Piece): string =>
    isItem ? `${keyOf(path)}\n\n${JSON.stringify(value)}` : keyOf(path);
  const pieceAt = (path: Path): Piece | undefined => known.get(keyOf(path));
  const put = (piece: Piece): void => {
    pieces.push(piece);
    known.set(keyOfPiece(piece), piece);
  };
  const keep = (kept: readonly Piece[]): void => {
    pieces = [...kept];
    known = new Map(kept.map((piece) => [keyOfPiece(piece), piece]));
  };
  const refuse = (entry: Entry, why: string): void => {
    const said = reasons.get(entry);
    if (said === undefined) reasons.set(entry, [why]);
    else if (!said.includes(why)) said.push(why);
  };
  const drop = (dropped: readonly Piece[], why: string): void => {
    keep(pieces.filter((each) => !dropped.includes(each)));
    for (const { from } of dropped) for (const entry of from) refuse(entry, why);
  };
  /** Takes out what a declaration cannot have, which its check names. */
  const withdraw = ({ path, problem }: InputError, places: ReadonlyMap<string, Piece>): void => {
    const fitting = [...places].filter(([place]) => path === place || path.startsWith(`${place}.`));
    const [, piece] = fitting.sort(([one], [other]) => other.length - one.length)[0] ?? [];
    if (piece !== undefined && piece.path.at(-1) !== "kind") {
      drop([piece], problem);
      return;
    }
    const names = new Set(pieces.filter(({ path: [part] }) => part === "links").map(({ path: [, name = ""] }) => name));
    const [link] = [...names]
      .filter((name) => path === `links.${name}` || path.startsWith(`links.${name}.`))
      .sort((one, other) => other.length - one.length);
    if (link === undefined) throw new InputError(problem, path);
    drop(
      pieces.filter(({ path: [part, name] }) => part === "links" && name === link),
      `${link} cannot be carried: ${path.slice(`links.${link}.`.length)} ${problem}`,
    );
    drop(
      pieces.filter((each) => needs(each, link)),
      `${link} could not be carried`,
    );
  };

  return {
    expect: (entries) => void expected.push(...entries),
    set(from, path, value) {
      const given = pieceAt(path);
      if (given === undefined) put({ path, value, from: listed(from), isItem: false });
      else if (JSON.stringify(given.value) !== JSON.stringify(value)) {
        const [first] = given.from;
        const where = first === undefined ? "" : ` by ${first.file}:${first.line}`;
        for (const entry of listed(from)) refuse(entry, `${path.at(-1)} is ${quoted(given.value)} already${where}`);
      } else for (const entry of listed(from)) carried.add(entry);
    },
    assume: (path, value) => void assumed.push({ path, value, from: [], isItem: false }),
    add(from, path, value) {
      const piece = { path, value, from: listed(from), isItem: true };
      if (!known.has(keyOfPiece(piece))) put(piece);
      else for (const entry of listed(from)) carried.add(entry);
    },
    carry(...entries) {
      for (const entry of entries) carried.add(entry);
    },
    refuse,
    has: (path) => pieceAt(path) !== undefined,
    reading(entry, work) {
      try {
        work();
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        for (const each of listed(entry)) refuse(each, error.message);
      }
    },
    finish() {
      for (const piece of assumed) if (pieceAt(piece.path) === undefined) put(piece);
      for (const { path, value } of pieces.filter((each) => each.path[0] === "links" && each.path[2] === "link")) {
        const of = (property: string): unknown => pieceAt(["links", path[1]!, property])?.value;
        const below = ["links", value as string, "up"];
        if (ON_TOP.includes(of("kind")) && of("up") === true && pieceAt(below) === undefined)
          put({ path: below, value: true, from: [], isItem: false });
      }
      const second = secondEnds(pieces);
      for (const { from } of second) for (const entry of from) carried.add(entry);
      const kept = pieces.filter((each) => !second.includes(each));
      const limited = kept.map((piece) => {
        const { path, value, from } = piece;
        const [part, link = "", property] = path;
        if (part !== "links" || property !== "forwardDelay" || (value as number) >= SHORTEST_DELAY) return piece;
        if (pieceAt(["links", link, "stpState"])?.value !== "kernel") return piece;
        for (const entry of from) refuse(entry, "with a spanning tree, the kernel makes 2 s of it");
        return { ...piece, value: SHORTEST_DELAY };
      });
      keep(limited);
      for (;;) {
        const { value, places } = assembled(pieces);
        try {
          const declaration = defineHost(ordered(value));
          for (const { from } of pieces) for (const entry of from) carried.add(entry);
          const uncarried = expected.flatMap((entry) => {
            const said = reasons.get(entry) ?? (carried.has(entry) ? [] : [NO_WORD]);
            const { file, line, text } = entry;
            return said.length === 0 ? [] : [{ file, line, text, why: said.join("; ") }];
          });
          return { declaration, uncarried };
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          withdraw(error, places);
        }
      }
    },
  };
}
