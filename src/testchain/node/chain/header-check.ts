/**
 * What nodeos checks of a block before it takes it into the fork database: everything but its transactions'
 * effects. A block that passes is passed on to peers at once.
 */
import { certificateOf, receiptDigest, type SignedBlock, signaturesOf } from "../../../chain/block/block.ts";
import { finalityExtension, type QcClaim, type QuorumCertificate } from "../../../chain/block/finality.ts";
import { isSavanna } from "../../../chain/block/header.ts";
import { legacyMerkleRoot, savannaMerkleRoot } from "../../../chain/block/merkle.ts";
import { type SigningAuthority, satisfies } from "../../../chain/block/schedule.ts";
import { signersOf } from "../../../chain/block/signing.ts";
import { Problem } from "../../../kit/problem.ts";
import type { BlockState } from "../consensus/block-state.ts";
import { type Draft, draftBlock, pastOf } from "../consensus/draft.ts";
import type { ForkDatabase } from "../consensus/fork-database.ts";
import { certifies, isStrong } from "../consensus/votes.ts";
import { failure } from "../failure.ts";

const NEXT = "block_header_state.cpp:next";
const CLAIM = "controller.cpp:verify_proper_block_exts";

/** The draft that a peer's block fills. Throws the failure that nodeos would; a new certificate is given to its block. */
export function checkHeader(block: SignedBlock, parent: BlockState, forks: ForkDatabase): Draft {
  const { header } = block;
  if (header.slot <= parent.slot) throw failure("block_validate_exception", "next block must be in the future", NEXT);
  const draft = draftBlock(parent, header.slot, header.confirmed);
  if (draft === undefined || header.producer !== draft.producer) {
    throw failure("wrong_producer", `wrong producer specified: ${header.producer}, expected ${draft?.producer}`, NEXT);
  }
  if (isSavanna(header) !== (draft.kind === "savanna")) {
    throw failure("block_validate_exception", "block is of the wrong consensus for its parent", NEXT);
  }
  checkConfirmed(draft);
  checkSigners(draft.authority, block, draft, "block_header_state.cpp:verify_signee");
  const merkleRoot = draft.kind === "savanna" ? savannaMerkleRoot : legacyMerkleRoot;
  const transactions = merkleRoot(block.receipts.map(receiptDigest)).toString("hex");
  if (transactions !== header.transactionMroot) {
    throw failure(
      "block_validate_exception",
      `invalid block transaction merkle root ${header.transactionMroot} != ${transactions}`,
      "controller.cpp:create_block_state_i",
    );
  }
  if (draft.kind === "savanna") checkClaim(block, parent, draft.base.claim, forks);
  return draft;
}

/** Throws `wrong_signing_key` unless the block's signatures satisfy the authority of its slot. */
export function checkSigners(authority: SigningAuthority, block: SignedBlock, draft: Draft, at: string): void {
  const signers = recovered(block, draft);
  if (satisfies(authority, signers)) return;
  const expected = authority.keys.map(({ key }) => key).join(", ");
  throw failure(
    "wrong_signing_key",
    `block signed by unexpected key: ${signers.join(", ")}, expected: ${expected}`,
    at,
  );
}

function recovered(block: SignedBlock, draft: Draft): string[] {
  try {
    return signersOf(block.header, signaturesOf(block), pastOf(draft));
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== "KEY_BAD_SIGNATURE") throw thrown;
    throw failure("assert_exception", "signature is not canonical", "elliptic_secp256k1.cpp:public_key");
  }
}

/** Legacy: a producer may not confirm what it has confirmed with an earlier block of this branch. */
function checkConfirmed(draft: Draft): void {
  if (draft.kind === "savanna" || draft.parent.consensus.kind !== "legacy") return;
  const last = draft.parent.consensus.lastProduced[draft.producer];
  if (last === undefined || last < draft.num - draft.legacy.confirmed) return;
  throw failure(
    "producer_double_confirm",
    `producer ${draft.producer} double-confirming known range`,
    "block_header_state_legacy.cpp:next",
  );
}

/** A claim stays as it was before, or moves up with the certificate that justifies it. */
function checkClaim(block: SignedBlock, parent: BlockState, before: QcClaim, forks: ForkDatabase): void {
  const claim = finalityExtension(block.header)?.qcClaim;
  const certificate = certificateOf(block);
  const invalid = (message: string) => failure("invalid_qc_claim", `Block #${parent.num + 1} ${message}`, CLAIM);
  if (claim === undefined || claim.blockNum < before.blockNum || claim.blockNum > parent.num) {
    throw invalid(`claims block ${claim?.blockNum}, its parent claimed ${before.blockNum}`);
  }
  if (claim.blockNum === before.blockNum) {
    if (claim.strong === before.strong) {
      if (certificate === undefined) return;
      throw invalid("carries a certificate though its claim is its parent's");
    }
    if (before.strong) throw invalid("claims a weak certificate where its parent claimed a strong one");
  }
  if (certificate === undefined) throw invalid("makes a new claim without the certificate for it");
  checkCertificate(certificate, claim, forks.ancestorAt(parent, claim.blockNum), invalid);
}

function checkCertificate(
  certificate: QuorumCertificate,
  claim: QcClaim,
  claimed: BlockState | undefined,
  invalid: (message: string) => Error,
): void {
  if (certificate.blockNum !== claim.blockNum || isStrong(certificate) !== claim.strong) {
    throw invalid(`carries a certificate for block ${certificate.blockNum} that is not the one it claims`);
  }
  if (claimed?.consensus.kind !== "savanna")
    throw invalid(`claims block ${claim.blockNum}, which nobody could vote on`);
  const { finalizers, pendingFinalizers } = claimed.consensus;
  if (!certifies(certificate, finalizers, pendingFinalizers?.policy)) {
    throw failure("invalid_qc", `the certificate for block ${claim.blockNum} has no quorum`, CLAIM);
  }
  claimed.tally?.receive(certificate);
}
