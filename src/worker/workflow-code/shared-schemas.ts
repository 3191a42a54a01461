/**
 * Runs in the workflow sandbox, once, before any workflow: modules that are evaluated then are evaluated for all of them
 * instead of once for each. The SDK freezes everything that such modules export, so that no workflow can leave something
 * behind for another. Zod keeps what it derives from a schema in the schema when that is first used, and fails where it cannot;
 * it derives the same whoever asks. So the schemas, and what they were made of, are left as they are: the SDK does not look
 * below what is frozen on its surface.
 */
import '../../spec/parse.ts';

/** By webpack: all modules of the bundle by id; and by the SDK: those evaluated until now. */
declare const __webpack_modules__: Readonly<Record<string, unknown>>;
declare const __webpack_module_cache__: Readonly<Record<string, object | undefined>>;

for (const id of Object.keys(__webpack_modules__)) {
  if (!id.includes('@temporalio')) Object.freeze(__webpack_module_cache__[id]);
}
