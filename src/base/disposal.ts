const { asyncDispose: ownName } = Symbol as { asyncDispose?: symbol };

/**
 * The name of the method that `await using` calls: the build puts it wherever the code says Symbol.asyncDispose. Node before
 * 20.5 has no such symbol; what compilers make of `await using` looks for this one there.
 */
export const asyncDispose = ownName ?? Symbol.for("Symbol.asyncDispose");
