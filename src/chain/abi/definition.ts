/**
 * A contract's ABI: the names and shapes of its actions and tables, as JSON (`.abi` files, `get_abi`) and
 * as the bytes that `setabi` stores.
 */
import * as v from "valibot";
import { Problem } from "../../kit/problem.ts";

const text = v.string();
const list = <S extends v.GenericSchema>(item: S) => v.optional(v.array(item), []);

export const abiSchema = v.object({
  version: text,
  types: list(v.object({ new_type_name: text, type: text })),
  structs: list(
    v.object({ name: text, base: v.optional(text, ""), fields: v.array(v.object({ name: text, type: text })) }),
  ),
  actions: list(v.object({ name: text, type: text, ricardian_contract: v.optional(text, "") })),
  tables: list(
    v.object({
      name: text,
      index_type: v.optional(text, "i64"),
      key_names: list(text),
      key_types: list(text),
      type: text,
    }),
  ),
  ricardian_clauses: list(v.object({ id: text, body: text })),
  error_messages: list(v.object({ error_code: v.union([v.number(), text]), error_msg: text })),
  abi_extensions: list(v.unknown()),
  variants: list(v.object({ name: text, types: v.array(text) })),
  action_results: list(v.object({ name: text, result_type: text })),
});
export type Abi = v.InferOutput<typeof abiSchema>;

/** Checks the shape of ABI JSON and fills in what may be left out. Throws `ABI_BAD_SHAPE`. */
export function parseAbi(json: unknown): Abi {
  const abi = v.safeParse(abiSchema, json);
  if (abi.success) return abi.output;
  const [issue] = abi.issues;
  throw new Problem({ code: "ABI_BAD_SHAPE", message: `${v.getDotPath(issue) ?? "the ABI"}: ${issue.message}` });
}

/** An ABI in short: `{transfer: "from:name to:name", …}`; actions and tables name the struct they use. */
export function makeAbi(spec: {
  structs: Record<string, string>;
  actions?: string[];
  tables?: Record<string, string>;
  types?: Record<string, string>;
  variants?: Record<string, string[]>;
}): Abi {
  return parseAbi({
    version: "eosio::abi/1.2",
    types: Object.entries(spec.types ?? {}).map(([new_type_name, type]) => ({ new_type_name, type })),
    structs: Object.entries(spec.structs).map(([name, fields]) => ({ name, fields: parseFields(fields) })),
    actions: (spec.actions ?? []).map((name) => ({ name, type: name })),
    tables: Object.entries(spec.tables ?? {}).map(([name, type]) => ({ name, type })),
    variants: Object.entries(spec.variants ?? {}).map(([name, types]) => ({ name, types })),
  });
}

function parseFields(spec: string): { name: string; type: string }[] {
  return spec
    .split(" ")
    .filter((field) => field !== "")
    .map((field) => {
      const colon = field.indexOf(":");
      return { name: field.slice(0, colon), type: field.slice(colon + 1) };
    });
}

/** The ABI of ABIs: what `setabi` carries, as nodeos serialises it. */
export const ABI_OF_ABI: Abi = makeAbi({
  structs: {
    type_def: "new_type_name:string type:string",
    field_def: "name:string type:string",
    struct_def: "name:string base:string fields:field_def[]",
    action_def: "name:name type:string ricardian_contract:string",
    table_def: "name:name index_type:string key_names:string[] key_types:string[] type:string",
    clause_pair: "id:string body:string",
    error_message: "error_code:uint64 error_msg:string",
    extension: "type:uint16 data:bytes",
    variant_def: "name:string types:string[]",
    action_result_def: "name:name result_type:string",
    abi_def:
      "version:string types:type_def[] structs:struct_def[] actions:action_def[] tables:table_def[] " +
      "ricardian_clauses:clause_pair[] error_messages:error_message[] abi_extensions:extension[] " +
      "variants:variant_def[]$ action_results:action_result_def[]$",
  },
});
