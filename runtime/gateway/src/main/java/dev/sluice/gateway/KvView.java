package dev.sluice.gateway;

import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.gateway.kv.KeyFinder;
import dev.sluice.gateway.kv.KvPool;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the engines of a pool tell, and how prompts are looked up in it.
 *
 * @param engines that may be asked for token ids
 */
record KvView(KvPool pool, KeyFinder tokens, List<EngineTarget> engines) {
    /**
     * What engines say that they hold of a prompt; empty where its tokens are not known.
     *
     * @param body what an engine will be sent
     */
    Optional<KnownPrompt> known(
            BodyScan scan, PromptHashes prompt, RoutingTable.Target target, String model, Supplier<byte[]> body) {
        RoutingTable.PoolEntry entry = target.entry();
        if (entry.models().isEmpty() && entry.pool().adapters().size() > 1) {
            // Nobody says which of the names is the model and which are adapters.
            return Optional.empty();
        }
        boolean adapter = !entry.models().isEmpty() && target.adapter(model);
        String asked = target.engineModel().orElse(model.isEmpty() ? entry.base() : model);
        return tokens.keys(pool, scan, prompt, asked, adapter ? model : "", target.salt(), engines, body)
                .map(keys -> new KnownPrompt(pool, keys));
    }
}
