package dev.sluice.gateway;

import dev.sluice.core.index.BlockRules;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.BodyScan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which pool a model name leads to. Immutable; a reload swaps the whole table.
 *
 * @param pools all pools, in the order of the configuration
 */
record RoutingTable(List<PoolEntry> pools, Map<String, PoolEntry> byModel) {
    /**
     * A pool and the names that lead to it.
     *
     * @param models names that clients may use; the first is what the engine is sent; empty: whatever the engines list
     * @param discover true when the engines' adapters may be used
     * @param adapters adapters that are listed in the configuration
     * @param seed of the block hashes of prompts for the base model
     */
    record PoolEntry(
            LivePool pool, List<String> models, boolean discover, Set<String> adapters, Limits limits, long seed) {
        PoolEntry(LivePool pool, List<String> models, boolean discover, Set<String> adapters, Limits limits) {
            this(
                    pool,
                    models,
                    discover,
                    adapters,
                    limits,
                    PromptHashes.seed(models.isEmpty() ? "" : models.getFirst(), "", ""));
        }

        /** What engines are asked for when the client used one of its names; empty when they are asked for that very name. */
        String base() {
            return models.isEmpty() ? "" : models.getFirst();
        }
    }

    /** Time limits of a pool's legs, in ns. */
    record Limits(long firstByte, long prefill, long idle, long total, Optional<String> bearer) {}

    /**
     * Where a model leads.
     *
     * @param engineModel what the engine is sent; empty when the body's own name stays
     * @param allowed ids of endpoints that have it; empty for all
     * @param salt of the prompt in engines' caches; empty for none
     * @param policy in the place of the pool's own
     */
    record Target(
            PoolEntry entry,
            Optional<String> engineModel,
            Set<String> allowed,
            String salt,
            Optional<Pipeline> policy) {
        Target(PoolEntry entry, Optional<String> engineModel, Set<String> allowed) {
            this(entry, engineModel, allowed, "", Optional.empty());
        }

        /** The same for somebody whose prompts are kept apart. */
        Target salted(String with) {
            return with.isEmpty() ? this : new Target(entry, engineModel, allowed, with, policy);
        }

        /** The same at some endpoints only. */
        Target among(Set<String> ids) {
            return new Target(entry, engineModel, ids, salt, policy);
        }

        /** The same by another policy. */
        Target by(Pipeline other) {
            return new Target(entry, engineModel, allowed, salt, Optional.of(other));
        }

        /** Whether a name is that of an adapter there, and not one of the pool's model. */
        boolean adapter(String model) {
            return engineModel.isEmpty() && !model.isEmpty() && !entry.models().contains(model);
        }

        /** Block hashes of a prompt for the model that its body names. */
        PromptHashes prompt(BodyScan scan) {
            return prompt(scan, scan.model());
        }

        /** Block hashes of a prompt for this model: aliases share their blocks, an adapter has blocks of its own. */
        PromptHashes prompt(BodyScan scan, String model) {
            boolean adapter = adapter(model);
            long seed = adapter || !salt.isEmpty()
                    ? PromptHashes.seed(entry.base(), adapter ? model : "", salt)
                    : entry.seed();
            return PromptHashes.of(scan, seed, BlockRules.DEFAULT);
        }
    }

    static RoutingTable of(List<PoolEntry> pools) {
        Map<String, PoolEntry> byModel = new LinkedHashMap<>();
        for (PoolEntry entry : pools) {
            entry.models().forEach(model -> byModel.putIfAbsent(model, entry));
        }
        return new RoutingTable(List.copyOf(pools), Map.copyOf(byModel));
    }

    /** The target of a model name; an empty name is right when there is one pool only, as with a single engine. */
    Optional<Target> target(String model) {
        if (model.isEmpty()) {
            return pools.size() == 1
                    ? Optional.of(new Target(pools.getFirst(), Optional.empty(), Set.of()))
                    : Optional.empty();
        }
        PoolEntry entry = byModel.get(model);
        if (entry != null) {
            String engineModel = entry.base();
            return Optional.of(new Target(
                    entry, engineModel.equals(model) ? Optional.empty() : Optional.of(engineModel), Set.of()));
        }
        for (PoolEntry pool : pools) {
            Set<String> having = pool.pool().adapters().getOrDefault(model, Set.of());
            if (!having.isEmpty() && (pool.discover() || pool.adapters().contains(model))) {
                return Optional.of(new Target(pool, Optional.empty(), having));
            }
        }
        return Optional.empty();
    }

    /** A pool by its name. */
    Optional<PoolEntry> pool(String name) {
        return pools.stream().filter(entry -> entry.pool().name().equals(name)).findFirst();
    }

    /** The target of a model name in one pool; a name that it does not have is another name of its first model. */
    Optional<Target> in(String name, String model) {
        return pool(name).flatMap(entry -> {
            String base = entry.base();
            boolean own = model.isEmpty() || entry.models().contains(model);
            Set<String> having = own ? Set.of() : entry.pool().adapters().getOrDefault(model, Set.of());
            if (!having.isEmpty() && (entry.discover() || entry.adapters().contains(model))) {
                return Optional.of(new Target(entry, Optional.empty(), having));
            }
            return base.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            new Target(entry, base.equals(model) ? Optional.empty() : Optional.of(base), Set.of()));
        });
    }

    /** Names that clients may use now, adapters included. */
    Set<String> models() {
        Set<String> names = new TreeSet<>();
        for (PoolEntry entry : pools) {
            names.addAll(entry.models());
            for (String adapter : entry.pool().adapters().keySet()) {
                if (entry.discover() || entry.adapters().contains(adapter)) {
                    names.add(adapter);
                }
            }
        }
        return names;
    }
}
