/**
 * A contract's ABI: the names and shapes of its actions and tables, as JSON (`.abi` files, `get_abi`) and
 * as the bytes that `setabi` stores.
 */
import * as v from "valibot";

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

/** Checks the shape of ABI JSON and fills in what may be left out. Throws valibot's error for anything else. */
export function parseAbi(json: unknown): Abi {
  return v.parse(abiSchema, json);
}

/** The ABI of ABIs: what `setabi` carries, as nodeos serialises it. */
export const ABI_OF_ABI: Abi = parseAbi({
  version: "eosio::abi/1.1",
  structs: [
    { name: "type_def", fields: fields("new_type_name:string type:string") },
    { name: "field_def", fields: fields("name:string type:string") },
    { name: "struct_def", fields: fields("name:string base:string fields:field_def[]") },
    { name: "action_def", fields: fields("name:name type:string ricardian_contract:string") },
    {
      name: "table_def",
      fields: fields("name:name index_type:string key_names:string[] key_types:string[] type:string"),
    },
    { name: "clause_pair", fields: fields("id:string body:string") },
    { name: "error_message", fields: fields("error_code:uint64 error_msg:string") },
    { name: "extension", fields: fields("type:uint16 data:bytes") },
    { name: "variant_def", fields: fields("name:string types:string[]") },
    { name: "action_result_def", fields: fields("name:name result_type:string") },
    {
      name: "abi_def",
      fields: fields(
        "version:string types:type_def[] structs:struct_def[] actions:action_def[] tables:table_def[] " +
          "ricardian_clauses:clause_pair[] error_messages:error_message[] abi_extensions:extension[] " +
          "variants:variant_def[]$ action_results:action_result_def[]$",
      ),
    },
  ],
});

function fields(spec: string): { name: string; type: string }[] {
  return spec.split(" ").map((field) => {
    const colon = field.indexOf(":");
    return { name: field.slice(0, colon), type: field.slice(colon + 1) };
  });
}
