import { withEntered } from "../arena.js";
import { FIRST, firstOf } from "../../contenders/first.js";
import type { Bench } from "../section.js";
import type { Way } from "../work.js";
import type { Id } from "./crowd.js";
import { cycle } from "./cycle.js";

/**
 * What the first user of a process pays: linkwright without any warm-up, its loading, its first host and its compiling counted,
 * the start of the process not. Each way to attach has a process of its own, for nothing but the first pass is a first one.
 */
export async function measureFirst(bench: Bench, count: number, ways: readonly Way[], id: Id): Promise<void> {
  const contender = firstOf(bench.contenders);
  if (contender === undefined) return;
  const ids = ["create", "attach-batch", "attach-each", "remove", "total"].map((phase) => id(phase, count));
  for (const way of ways)
    await withEntered(
      bench,
      [contender],
      async ([entered]) =>
        entered &&
        bench.attempt(
          entered,
          async () => {
            const times = await cycle(entered, count, { way, removes: true });
            bench.record.add(id(`attach-${way}`, count), FIRST, times.attach!);
            if (way === "batch")
              for (const phase of ["create", "remove", "total"] as const)
                bench.record.add(id(phase, count), FIRST, times[phase]!);
          },
          ids,
        ),
    );
}
