/**
 * Turns JSON into action data and table rows back into JSON by a contract's ABI, as nodeos does:
 * arrays `[]`, optionals `?`, binary extensions `$`, struct bases, variants `[type, value]`, aliases.
 *
 * ABI and bytes both come from strangers. Types nest at most 32 deep, and every field and item takes at least one
 * byte, so the work is bounded by the size of the input; what does not fit is an `ABI_*`, `CHAIN_*`, `CODEC_*` or
 * `KEY_*` problem.
 */
import { Problem } from "../../kit/problem.ts";
import { Reader } from "../codec/reader.ts";
import { pack, type Writer } from "../codec/writer.ts";
import { BUILTINS, type Json, mismatch } from "./builtin.ts";
import { ABI_OF_ABI, type Abi, parseAbi } from "./definition.ts";

/** nodeos's `abi_serializer::max_recursion_depth`. */
const MAX_DEPTH = 32;

interface Field {
  name: string;
  type: string;
}

export class AbiSerializer {
  readonly abi: Abi;
  private readonly aliases: Map<string, string>;
  private readonly structs: Map<string, Abi["structs"][number]>;
  private readonly variants: Map<string, string[]>;
  /** Fields of each struct used so far, those of its bases first. */
  private readonly fields = new Map<string, readonly Field[]>();

  constructor(abi: Abi) {
    this.abi = abi;
    this.aliases = new Map(abi.types.map((alias) => [alias.new_type_name, alias.type]));
    this.structs = new Map(abi.structs.map((struct) => [struct.name, struct]));
    this.variants = new Map(abi.variants.map((variant) => [variant.name, variant.types]));
  }

  /** Type of an action's data. Throws `ABI_UNKNOWN_ACTION`. */
  actionType(action: string): string {
    const found = this.abi.actions.find(({ name }) => name === action);
    if (found === undefined) {
      throw new Problem({
        code: "ABI_UNKNOWN_ACTION",
        message: `the ABI has no action \`${action}\``,
        expected: this.abi.actions.map(({ name }) => name).join(", "),
      });
    }
    return found.type;
  }

  /** Type of a table's rows, `undefined` when the ABI has no such table. */
  tableType(table: string): string | undefined {
    return this.abi.tables.find(({ name }) => name === table)?.type;
  }

  encode(type: string, value: Json): Buffer {
    return pack((writer) => this.write(writer, type, value, 0));
  }

  encodeAction(action: string, data: Json): Buffer {
    return this.encode(this.actionType(action), data);
  }

  /** Bytes behind the value are left alone, as nodeos leaves them. */
  decode(type: string, bytes: Uint8Array): Json {
    return this.read(new Reader(bytes), type, 0);
  }

  private resolve(type: string, depth: number): string {
    if (depth > MAX_DEPTH) throw new Problem({ code: "ABI_TOO_DEEP", message: `type \`${type}\` nests too deeply` });
    let resolved = type;
    for (let hops = 0; hops < MAX_DEPTH; hops++) {
      const next = this.aliases.get(resolved);
      if (next === undefined) return resolved;
      resolved = next;
    }
    throw new Problem({ code: "ABI_TOO_DEEP", message: `type \`${type}\` is an alias of itself` });
  }

  private read(reader: Reader, type: string, depth: number): Json {
    const resolved = this.resolve(type, depth);
    if (resolved.endsWith("$")) return this.read(reader, resolved.slice(0, -1), depth + 1);
    if (resolved.endsWith("?")) return reader.bool() ? this.read(reader, resolved.slice(0, -1), depth + 1) : null;
    if (resolved.endsWith("[]")) return reader.vector(() => this.readPart(reader, resolved.slice(0, -2), depth + 1));
    const builtin = BUILTINS.get(resolved);
    if (builtin !== undefined) return builtin.read(reader);
    const variant = this.variants.get(resolved);
    if (variant === undefined) return this.readStruct(reader, resolved, depth);
    const chosen = variant[reader.varuint32()];
    if (chosen === undefined) throw new Problem({ code: "ABI_BAD_VALUE", message: `a ${resolved} of no known type` });
    return [chosen, this.read(reader, chosen, depth + 1)];
  }

  private readStruct(reader: Reader, type: string, depth: number): Json {
    const values: [string, Json][] = [];
    for (const field of this.fieldsOf(type, depth)) {
      if (field.type.endsWith("$") && reader.left === 0) continue;
      values.push([field.name, this.readPart(reader, field.type, depth + 1)]);
    }
    return Object.fromEntries(values);
  }

  /** A field or an item of a list. Like nodeos it refuses a struct of nothing there: millions would cost no bytes. */
  private readPart(reader: Reader, type: string, depth: number): Json {
    const from = reader.at;
    const value = this.read(reader, type, depth);
    if (reader.at > from) return value;
    throw new Problem({ code: "ABI_BAD_VALUE", message: `a \`${type}\` of no bytes inside of another type` });
  }

  private write(writer: Writer, type: string, value: Json, depth: number): void {
    const resolved = this.resolve(type, depth);
    if (resolved.endsWith("$")) {
      this.write(writer, resolved.slice(0, -1), value, depth + 1);
    } else if (resolved.endsWith("?")) {
      writer.optional(value, (present) => this.write(writer, resolved.slice(0, -1), present, depth + 1));
    } else if (resolved.endsWith("[]")) {
      if (!Array.isArray(value)) throw mismatch(value, resolved);
      writer.vector(value, (item) => this.write(writer, resolved.slice(0, -2), item, depth + 1));
    } else {
      const builtin = BUILTINS.get(resolved);
      if (builtin !== undefined) builtin.write(writer, value);
      else if (this.variants.has(resolved)) this.writeVariant(writer, resolved, value, depth);
      else this.writeStruct(writer, resolved, value, depth);
    }
  }

  private writeVariant(writer: Writer, type: string, value: Json, depth: number): void {
    const types = this.variants.get(type) ?? [];
    const [chosen, inner] = Array.isArray(value) ? value : [];
    const index = types.indexOf(String(chosen));
    const chosenType = types[index];
    if (chosenType === undefined || inner === undefined) throw mismatch(value, `${type} like ["${types[0]}", …]`);
    this.write(writer.varuint32(index), chosenType, inner, depth + 1);
  }

  private writeStruct(writer: Writer, type: string, value: Json, depth: number): void {
    const fields = this.fieldsOf(type, depth);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(value, type);
    let ended: string | undefined;
    for (const { name, type: fieldType } of fields) {
      const found = Object.hasOwn(value, name) ? value[name] : undefined;
      if (found === undefined && fieldType.endsWith("$")) {
        ended ??= name;
      } else if (ended !== undefined) {
        throw new Problem({
          code: "ABI_BAD_VALUE",
          message: `\`${type}\` has \`${name}\` but not \`${ended}\` before it`,
        });
      } else if (found === undefined && !fieldType.endsWith("?")) {
        throw new Problem({ code: "ABI_BAD_VALUE", message: `\`${type}\` lacks its field \`${name}\`` });
      } else {
        this.write(writer, fieldType, found ?? null, depth + 1);
      }
    }
  }

  private fieldsOf(type: string, depth: number): readonly Field[] {
    const known = this.fields.get(type);
    if (known !== undefined) return known;
    const struct = this.structs.get(type);
    if (struct === undefined) {
      throw new Problem({ code: "ABI_UNKNOWN_TYPE", message: `the ABI has no type \`${type}\`` });
    }
    const inherited = struct.base === "" ? [] : this.fieldsOf(this.resolve(struct.base, depth + 1), depth + 1);
    const fields = [...inherited, ...struct.fields];
    this.fields.set(type, fields);
    return fields;
  }
}

const ABI_SERIALIZER = new AbiSerializer(ABI_OF_ABI);

/** The bytes that `setabi` stores for an ABI. */
export function encodeAbi(abi: Abi): Buffer {
  return ABI_SERIALIZER.encode("abi_def", abi as unknown as Json);
}

/** An ABI from the bytes that a chain stores; nodeos's `get_raw_abi` without base64. Old ones end early. */
export function decodeAbi(bytes: Uint8Array): Abi {
  return parseAbi(ABI_SERIALIZER.decode("abi_def", bytes));
}
