import { expect, test } from "vitest";
import { splitArguments } from "../../../src/cli/parsing/arguments.js";
import { editDistance, nearest } from "../../../src/base/nearest.js";
import { kindSections, sectionsByKind } from "../../../src/cli/commands/link/kind-sections.js";
import { portOptions, portSection } from "../../../src/cli/commands/link/attach.js";
import { bondSections } from "../../../src/cli/commands/link/bond.js";
import { linkSections } from "../../../src/cli/commands/link/link-words.js";
import { registry } from "../../../src/cli/registry.js";
import { partDashed } from "../../../src/cli/parsing/dashed-options.js";
import { type Section, tableWords } from "../../../src/cli/parsing/option.js";
import { inTypedWords, joinedPairs, parseOptions } from "../../../src/cli/parsing/parse-options.js";
import { formatAge, formatDuration, parseDuration } from "../../../src/netlink/codecs/duration.js";
import { bondMode } from "../../../src/rtnetlink/link/kinds/bond.js";
import { routeTable } from "../../../src/rtnetlink/route/route-words.js";
import { etherType } from "../../../src/rtnetlink/traffic/filters/flower.js";
import { InputError } from "../../../src/base/errors.js";
import { bridge } from "../../../src/rtnetlink/link/kinds/bridge.js";

const { link, kind } = linkSections;
const { bridge: bridgeSection } = kindSections;

test("words become the library's values, by the codecs of the tables", () => {
  const typed = [
    "stp-state=kernel",
    "forward-delay=2s",
    "hello-time=1500ms",
    "vlan-filtering",
    "mcast-snooping=off",
    "up",
  ];
  expect(parseOptions(typed, [bridgeSection, link], "bridge add").values).toEqual({
    stpState: "kernel",
    forwardDelay: 2000,
    helloTime: 1500,
    vlanFiltering: true,
    mcastSnooping: false,
    up: true,
  });
});

test("down is the opposite of up, and contradicts it", () => {
  expect(parseOptions(["down"], [link], "link set").values).toEqual({ up: false });
  expect(parseOptions(["down=off"], [link], "link set").values).toEqual({ up: true });
  expect(() => parseOptions(["up", "down"], [link], "link set")).toThrow('down: it contradicts "up"');
});

test("a duration has its unit, and 0 needs none", () => {
  const parse = (word: string): unknown => parseOptions([word], [bridgeSection], "bridge set").values;
  expect(parse("ageing-time=600s")).toEqual({ ageingTime: 600_000 });
  expect(parse("ageing-time=0.5s")).toEqual({ ageingTime: 500 });
  expect(parse("ageing-time=0")).toEqual({ ageingTime: 0 });
});

test.each([250, 1230, 320_000, 3_600_000, 11_100_000, 187_200_000])(
  "a duration is read as it is printed: %i",
  (time) => {
    expect(parseDuration(formatAge(time))).toBe(time);
    expect(parseDuration(formatDuration(time))).toBe(time);
  },
);

test("of an enumeration a number means its word; one that has none is refused, unless numbers without words are usual", () => {
  const parse = (typed: string, codec: { parse: (word: string) => unknown }): unknown => codec.parse(typed);
  expect(parse("4", bondMode)).toBe("802.3ad");
  for (const typed of ["7", "300"])
    expect(() => parse(typed, bondMode)).toThrow(/^"\d+" is none of balance-rr\|active-backup\|.*balance-alb$/);
  expect([parse("main", routeTable), parse("254", routeTable), parse("100", routeTable)]).toEqual([
    "main",
    "main",
    100,
  ]);
  expect([parse("0x0800", etherType), parse("0x9000", etherType)]).toEqual(["ip", 0x9000]);
});

test("what stands apart as ip has it is understood: the key in our word, or in its own", () => {
  const joined = (line: string, section: Section): string[] => joinedPairs(line.split(" "), [section]);
  expect(joined("mtu 1400 up", link)).toEqual(["mtu=1400", "up"]);
  expect(joined("vlan_filtering 1 ageing-time 600s", bridgeSection)).toEqual(["vlan-filtering=1", "ageing-time=600s"]);
  expect(joined("multicast off promisc", link)).toEqual(["multicast=off", "promisc"]);
  expect(joined("mtu=1400 up", link)).toEqual(["mtu=1400", "up"]);
  expect(joined("vlan_filtering=1 stp=on", bridgeSection)).toEqual(["vlan-filtering=1", "stp-state=on"]);
  expect(joined("nomaster up", link), "what only hints is not done").toEqual(["nomaster", "up"]);
});

test("stp-state=on is the kernel's spanning tree", () => {
  expect(parseOptions(["stp-state=on"], [bridgeSection], "bridge set").values).toEqual({ stpState: "kernel" });
});

test("a port's VLANs are understood wherever a port's words are: attach and qemu run", () => {
  const { values } = parseOptions(["vlan=10", "pvid", "untagged", "isolated"], [portSection], "qemu run");
  expect(portOptions(values)).toEqual({ isolated: true, vlans: [{ id: 10, pvid: true, untagged: true }] });
  expect(() => portOptions({ pvid: true })).toThrow("pvid: it goes with vlan=");
});

test("what is given twice is refused", () => {
  expect(() => parseOptions(["mtu=1", "mtu=2"], [link], "link set")).toThrow("mtu: it is given twice");
});

test("ports are a list, or given one by one, when a comma is part of a name", () => {
  const ports = (...typed: string[]): unknown =>
    (parseOptions(typed, [bondSections.bondPorts], "bond add").values as { ports?: unknown }).ports;
  expect(ports("ports=a,b")).toEqual(["a", "b"]);
  expect(ports("ports=a,b", "ports=c", "ports=d,")).toEqual(["a,b", "c", "d,"]);
});

test("a kind is one that is known here, or the kernel's alone; what is near to a known one is refused", () => {
  const kind = (typed: string): unknown =>
    (parseOptions([`kind=${typed}`], [linkSections.linkFilter], "link list").values as { kind?: unknown }).kind;
  expect(kind("bridge")).toBe("bridge");
  expect(kind("wireguard")).toEqual({ other: "wireguard" });
  expect(kind("other:vcan")).toEqual({ other: "vcan" });
  expect(() => kind("bridg")).toThrow('kind: "bridg" is no kind of link that is known here; did you mean "bridge"?');
  expect(() => kind("vcan")).toThrow("kind=other:vcan");
});

test.each([
  ["mtu", "mtu: a value is missing, as in mtu=N"],
  ["mtu=large", 'mtu: "large" is not an integer from 0 to 4294967295'],
  ["stp-stat=off", 'bridge add has no option "stp-stat"; did you mean "stp-state"?'],
  ["zzzzzz=1", 'bridge add has no option "zzzzzz"; linkwright help bridge add lists them'],
  ["stp-state=yes", 'stp-state: "yes" is none of off|kernel|user'],
  ["forward-delay=2x", 'forward-delay: "2x" is not a duration such as 250ms, 2s or 5m20s'],
  ["forward-delay=2s5", 'forward-delay: "2s5" is not a duration such as 250ms, 2s or 5m20s'],
  ["stp-state=3", 'stp-state: "3" is none of off|kernel|user'],
  ["ageing-time=600", 'ageing-time: "600" needs its unit: 600s or 600ms'],
  ["address=1:2", 'address: "1:2" is not a MAC such as 52:54:00:12:34:56'],
])("%s is refused in words for who typed it", (typed, message) => {
  const parse = (): unknown => parseOptions([typed], [bridgeSection, link], "bridge add");
  expect(parse).toThrow(InputError);
  expect(parse).toThrow(message);
});

test.each([
  ["stp=on", "stp-state"],
  ["vlan_filtering=1", "vlan-filtering"],
  ["ageing=300s", "ageing-time"],
  ["hello=2s", "hello-time"],
])("the word of another tool is answered with ours: %s", (typed, meant) => {
  const parse = (): unknown => parseOptions([typed], [bridgeSection, link], "bridge set");
  expect(parse).toThrow(`did you mean "${meant}"?`);
});

test("bonds and ports, too, are told their words", () => {
  const parse = (typed: string, section: Section) => () => parseOptions([typed], [section], "x");
  expect(parse("active-slave=eno5", kindSections.bond)).toThrow('did you mean "active-port"?');
  expect(parse("hairpin", portSection)).toThrow('did you mean "mode"?');
  expect(parse("vid=10", portSection)).toThrow('did you mean "vlan"?');
});

test("what only the kernel sets, and what says nothing, is no word", () => {
  const words = tableWords(bridge).map(({ word }) => word);
  expect(words).toContain("vlan-filtering");
  expect(words).not.toContain("root-id");
  expect(words).not.toContain("pad");
  expect(words).not.toContain("mcast-querier-state");
});

test("every word is in lower case, is unique in its section, and says what it does", () => {
  const commands = Object.values(registry).flatMap(({ load }) => Object.values(load().actions));
  const sections = [...commands.flatMap(({ options = [] }) => options), ...Object.values(sectionsByKind)];
  for (const { words } of sections) {
    expect(new Set(words.map(({ word }) => word)).size).toBe(words.length);
    for (const { word, shape, description } of words) {
      expect(word).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(shape).not.toBe("");
      expect(description).not.toBe("");
    }
  }
});

test("a kind brings its own options, and those of another kind are told apart", () => {
  const parse = (...typed: string[]): unknown => parseOptions(typed, [kind, link], "link add").values;
  expect(parse("kind=veth", "peer=v1")).toEqual({ kind: "veth", peer: "v1" });
  expect(parse("forward-delay=2s", "kind=bridge")).toEqual({ forwardDelay: 2000, kind: "bridge" });
  expect(() => parse("kind=ifb", "peer=v1")).toThrow("peer: it is an option of kind=netkit|veth");
  expect(() => parse("mtu=1500")).toThrow("kind: it must be said what to create, as in kind=veth");
});

test("a link is named, by what may be its index, or 0 for none", () => {
  expect(parseOptions(["master=br0"], [link], "link set").values).toEqual({ master: "br0" });
  expect(parseOptions(["master=0", "link=12"], [link], "link set").values).toEqual({ master: 0, link: "12" });
});

test("an error of the library names the word that was typed", () => {
  const typed = {
    ...parseOptions(["forward-delay=2s", "alias=nosuch"], [bridgeSection, link], "bridge set"),
    operands: ["br9"],
    sections: [bridgeSection],
  };
  const error = new InputError("too long", "linkInfo.data.forwardDelay");
  expect(inTypedWords(error, typed)).toMatchObject({ message: "forward-delay: too long" });
  const other = new InputError("no such name", "name");
  expect(inTypedWords(other, typed)).toBe(other);
  const missing = new InputError("it is missing", "options.maxAge");
  expect(inTypedWords(missing, typed)).toMatchObject({ message: "max-age: it is missing" });
  const unknown = new InputError('there is no link "br9"', "links.br9.name");
  expect(inTypedWords(unknown, typed)).toMatchObject({ message: 'there is no link "br9"' });
  const value = new InputError('no network "nosuch"', "name");
  expect(inTypedWords(value, typed)).toMatchObject({ message: 'alias: no network "nosuch"' });
});

test("global options stand anywhere, and nothing is one behind --", () => {
  const { globals, rest } = splitArguments(["--netns", "blue", "link", "--json", "list"]);
  expect(globals).toEqual({ netns: "blue", json: true, help: false, version: false });
  expect(rest).toEqual(["link", "list"]);
  expect(splitArguments(["--netns=/run/x=y", "up"]).globals.netns).toBe("/run/x=y");
  expect(splitArguments(["up", "--", "--json"])).toMatchObject({
    globals: { json: false },
    rest: ["up"],
    after: ["--json"],
  });
});

test("a command's own options may be typed with dashes", () => {
  const parted = (line: string): unknown => partDashed(line.split(" "), [portSection], "attach");
  const plain = ["tap0", "br0"];
  const options = ["isolated", "cost=7", "priority=3", "learning"];
  expect(parted("tap0 br0 --isolated --cost 7 --priority=3 --learning")).toEqual({ plain, options });
  expect(parted("--isolated tap0 --cost 7 --priority=3 br0 --learning")).toEqual({ plain, options });
  expect(parted("--isolated off tap0 br0"), "a switch has a value that is one").toEqual({
    plain,
    options: ["isolated=off"],
  });
  expect(() => parted("--isolatd tap0 br0")).toThrow('attach has no option "--isolatd"; did you mean "--isolated"?');
});

test.each([
  [["--netns"], "--netns: a name or path is missing"],
  [["--jsn"], 'no option "--jsn"; did you mean "--json"?'],
  [["--json=1"], "--json: takes no value"],
])("%j is used wrongly", (words, message) => {
  expect(() => splitArguments(words)).toThrow(message);
});

test("the distance between words counts letters put in, left out, changed and swapped", () => {
  expect(editDistance("bridge", "bridge")).toBe(0);
  expect(editDistance("brige", "bridge")).toBe(1);
  expect(editDistance("birdge", "bridge")).toBe(1);
  expect(editDistance("", "tap")).toBe(3);
});

test("a word is suggested only when it is near", () => {
  expect(nearest("brige", ["link", "bridge"])).toBe("bridge");
  expect(nearest("tpa", ["tap", "up"])).toBe("tap");
  expect(nearest("frobnicate", ["link", "bridge"])).toBeUndefined();
});
