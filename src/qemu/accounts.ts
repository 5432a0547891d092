import { InputError } from "../base/errors.js";

/** Users and groups to their numbers; throws InputError for one that is unknown. */
export interface Accounts {
  user(account: string | number): number;
  group(account: string | number): number;
}

function numbersIn(file: string): Map<string, number> {
  const lines = file.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => line.split(":")).map(([name = "", , number]) => [name, Number(number)]));
}

/** The accounts of files such as /etc/passwd and /etc/group (passwd(5), group(5)). */
export function accountsOf(passwd: string, group: string): Accounts {
  const find = (what: string, known: Map<string, number>, account: string | number): number => {
    const number = typeof account === "number" ? account : known.get(account);
    if (number === undefined || !Number.isInteger(number))
      throw new InputError(
        `${JSON.stringify(account)} is no ${what} of this machine; give the number of one from elsewhere`,
      );
    return number;
  };
  const [users, groups] = [numbersIn(passwd), numbersIn(group)];
  return {
    user: (account) => find("user", users, account),
    group: (account) => find("group", groups, account),
  };
}
