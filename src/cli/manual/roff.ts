/** Text as groff_man(7) has it: what would be a request, an escape or a hyphen is none. */
export function plain(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}

export const bold = (text: string): string => `\\fB${plain(text)}\\fR`;
export const italic = (text: string): string => `\\fI${plain(text)}\\fR`;

/** A request with arguments, each of which may have spaces. */
export function request(name: string, ...given: readonly string[]): string {
  return [`.${name}`, ...given.map((each) => `"${plain(each).replaceAll('"', "\\(dq")}"`)].join(" ");
}

/** A thing, and below it what is said of it; both are roff. */
export function tagged(tag: string, said: string): string {
  return `.TP\n${tag}\n${said}`;
}

/** A page of the manual: its name, section and version, what it is, and its sections of roff, those without a line left out. */
export function page(
  { name, section, version, about }: { name: string; section: number; version: string; about: string },
  sections: Readonly<Record<string, readonly string[]>>,
): string {
  const body = Object.entries(sections)
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([title, lines]) => [request("SH", title), ...lines]);
  // No date: the same version is the same text.
  const head = [request("TH", name.toUpperCase(), String(section), " ", `linkwright ${version}`)];
  // Words of the kernel are not broken.
  return [...head, ".nh", ".ad l", ".SH NAME", `${plain(name)} \\- ${plain(about)}`, ...body, ""].join("\n");
}
