import { withEntered } from "../arena.mjs";
import { FIRST, firstOf } from "../first.mjs";
import { cycle } from "./cycle.mjs";

/**
 * What the first user of a process pays: linkwright without any warm-up, its loading, its first host and its compiling counted,
 * the start of the process not. Each way to attach has a process of its own, for nothing but the first pass is a first one.
 */
export async function measureFirst(bench, count, ways, id) {
  const contender = firstOf(bench.contenders);
  if (contender === undefined) return;
  const ids = ["create", "attach-batch", "attach-each", "remove", "total"].map((phase) => id(phase, count));
  for (const way of ways)
    await withEntered(bench, [contender], ([entered]) =>
      bench.attempt(
        entered,
        async () => {
          const times = await cycle(entered, count, { way, removes: true });
          bench.record.add(id(`attach-${way}`, count), FIRST, times.attach);
          if (way === "batch")
            for (const phase of ["create", "remove", "total"]) bench.record.add(id(phase, count), FIRST, times[phase]);
        },
        ids,
      ),
    );
}
