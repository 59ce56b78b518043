/**
 * What can be done to a running test network, for trying and training: kill, freeze, cut off, and back again.
 * A small HTTP interface; who may reach it is for its listener to say.
 */
import { Hono } from "hono";
import { producerPause, producerResume } from "../chain/http/endpoints.ts";
import { messageOf, Problem } from "../kit/problem.ts";
import { NODE_VERBS, type NodeVerb, type TestchainView, type TestNodeView } from "./control-view.ts";
import type { TestNetwork } from "./network/network.ts";

export function controlApp(network: TestNetwork): Hono {
  const app = new Hono();
  app.get("/", (context) => context.json(view(network)));
  app.post("/heal", (context) => {
    network.heal();
    return context.json(view(network));
  });
  app.post("/nodes/:name/:verb", async (context) => {
    const { name, verb } = context.req.param();
    if (!isVerb(verb)) throw unknownVerb(verb);
    await act(network, name, verb);
    return context.json(view(network));
  });
  app.onError((thrown, context) => {
    const problem =
      thrown instanceof Problem ? thrown : new Problem({ code: "TESTCHAIN_FAILED", message: messageOf(thrown) });
    return context.json({ error: problem.toJSON() }, 400);
  });
  return app;
}

async function act(network: TestNetwork, name: string, verb: NodeVerb): Promise<void> {
  const node = network.node(name);
  switch (verb) {
    case "kill":
      node.signal("SIGKILL");
      await node.exited();
      return;
    case "stop":
      await node.stop();
      return;
    case "start":
      if (!node.running) await network.startNode(name);
      return;
    case "freeze":
      node.signal("SIGSTOP");
      return;
    case "thaw":
      node.signal("SIGCONT");
      return;
    case "pause":
      await node.client.call(producerPause);
      return;
    case "resume":
      await node.client.call(producerResume);
      return;
    case "isolate":
      network.isolate(name);
      return;
    case "join":
      network.isolate(name, "up");
  }
}

function view(network: TestNetwork): TestchainView {
  const nodes = [...network.nodes.values()].map(
    (node): TestNodeView => ({
      name: node.name,
      state: !node.running ? "ended" : node.frozen ? "frozen" : "running",
      ...(node.pid !== undefined && { pid: node.pid }),
      http: node.url,
      p2p: `127.0.0.1:${network.p2pPort(node.name)}`,
    }),
  );
  return { nodes, links: network.linkStates() };
}

function isVerb(verb: string): verb is NodeVerb {
  return (NODE_VERBS as readonly string[]).includes(verb);
}

function unknownVerb(verb: string): Problem {
  return new Problem({
    code: "TESTCHAIN_UNKNOWN_VERB",
    message: `a node cannot be told to \`${verb}\``,
    expected: `one of ${NODE_VERBS.join(", ")}`,
  });
}
