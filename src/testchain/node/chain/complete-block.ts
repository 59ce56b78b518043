/** Completes a block of our own: the certificate it carries, its header, its signatures. */
import { encodeBlock, type SignedBlock } from "../../../chain/block/block.ts";
import { encodeQuorumCertificate, type QcClaim, type QuorumCertificate } from "../../../chain/block/finality.ts";
import { BLOCK_EXTENSION, blockId, type Extension } from "../../../chain/block/header.ts";
import { signingDigest } from "../../../chain/block/signing.ts";
import { pack } from "../../../chain/codec/writer.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { pastOf } from "../consensus/draft.ts";
import type { ForkDatabase } from "../consensus/fork-database.ts";
import { isStrong } from "../consensus/votes.ts";
import { failure } from "../failure.ts";
import type { BlockBuilder } from "./block-builder.ts";
import { checkSigners } from "./header-check.ts";

export interface CompleteBlock {
  id: string;
  block: SignedBlock;
  raw: Buffer;
}

/**
 * The block that the builder holds, signed by `sign`: one or more signatures over the digest. What `sign`
 * throws comes through; a signature by a key that is not due throws `wrong_signing_key`.
 */
export async function completeBlock(
  builder: BlockBuilder,
  forks: ForkDatabase,
  sign: (digest: Buffer) => Promise<string[]>,
): Promise<CompleteBlock> {
  const { draft } = builder;
  const certificate = draft.kind === "savanna" ? bestCertificate(forks, draft.parent, draft.base.claim) : undefined;
  const header = builder.header(certificate && { blockNum: certificate.blockNum, strong: isStrong(certificate) });
  const [producerSignature, ...additional] = await sign(signingDigest(header, pastOf(draft)));
  if (producerSignature === undefined) throw failure("producer_priv_key_not_found", "no signature was made");
  const extensions = blockExtensions(additional, certificate);
  const block: SignedBlock = { header, producerSignature, receipts: builder.receipts, extensions };
  checkSigners(draft.authority, block, draft, "block_state.cpp:sign");
  return { id: blockId(header), block, raw: encodeBlock(block) };
}

/** Of the ancestors with a quorum of votes the newest that says more than what is claimed already. */
function bestCertificate(forks: ForkDatabase, parent: BlockState, claimed: QcClaim): QuorumCertificate | undefined {
  for (let state: BlockState | undefined = parent; state !== undefined; state = forks.get(state.previous)) {
    if (state.num < claimed.blockNum || (state.num === claimed.blockNum && claimed.strong)) return undefined;
    const certificate = state.tally?.certificate(state.num);
    if (certificate !== undefined && (state.num > claimed.blockNum || isStrong(certificate))) return certificate;
  }
  return undefined;
}

function blockExtensions(additional: readonly string[], certificate: QuorumCertificate | undefined): Extension[] {
  const extensions: Extension[] = [];
  if (additional.length > 0) {
    const data = pack((writer) => writer.vector(additional, (signature) => writer.signature(signature)));
    extensions.push({ type: BLOCK_EXTENSION.additionalSignatures, data });
  }
  if (certificate !== undefined) {
    extensions.push({ type: BLOCK_EXTENSION.quorumCertificate, data: encodeQuorumCertificate(certificate) });
  }
  return extensions;
}
