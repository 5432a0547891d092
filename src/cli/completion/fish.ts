import type { Entry, CommandPath } from "./entries.js";

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** Candidates with their descriptions, a line each: values are written out, since fish filters them itself. */
function candidates({ entry, description }: Entry): string[] {
  const described = (word: string): string => quoted(`${word}\t${description}`);
  if (!entry.includes("=") || entry.endsWith("=")) return [described(entry)];
  const [key = "", values = ""] = entry.split("=");
  return values.split("|").map((value) => described(`${key}=${value}`));
}

/** A fish completion script. */
export function fishScript(places: readonly CommandPath[]): string {
  const cases = places.map(({ path, entries }) => {
    const links = entries.filter(({ entry }) => entry.endsWith("@")).map(({ entry }) => entry.slice(0, -1));
    const words = entries.filter(({ entry }) => !entry.endsWith("@")).flatMap(candidates);
    const lines = [
      ...(words.length === 0 ? [] : [`            printf '%s\\n' ${words.join(" ")}`]),
      ...links.map((key) => `            for link in (__linkwright_links); echo ${quoted(key)}$link; end`),
    ];
    return `        case ${quoted(path)}\n${lines.join("\n")}`;
  });
  return `# fish completion for linkwright: linkwright completion fish | source
function __linkwright_links
    for path in /sys/class/net/*
        string replace -r '.*/' '' $path
    end
end

function __linkwright_at
    switch $argv[1]
${cases.join("\n")}
        case '*'
            return 1
    end
end

function __linkwright
    set -l places
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if test "$word" = --netns
            set skip 1
        else if not string match -q -- '-*' $word
            set -a places $word
        end
    end
    if test $skip = 1
        if string match -q -- '*/*' (commandline -ct)
            __fish_complete_path (commandline -ct)
        else
            for path in /run/netns/*
                string replace -r '.*/' '' $path
            end
        end
        return
    end
    if test "$places[1]" = help; and test (count $places) -gt 2
        return
    end
    __linkwright_at "$places[1..2]"; or __linkwright_at "$places[1]"
end

complete -c linkwright -f -a '(__linkwright)'
`;
}
