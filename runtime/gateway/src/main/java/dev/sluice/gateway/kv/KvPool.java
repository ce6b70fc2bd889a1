package dev.sluice.gateway.kv;

import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.BlockKeys;
import dev.sluice.core.kv.Match;
import dev.sluice.core.kv.Recent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The precise index of one pool. Questions come from any thread and wait for nobody. */
public final class KvPool {
    private final String name;
    private final BlockIndex index;
    private final Recent recent = new Recent();
    private volatile Map<String, List<KvFeed>> feeds = Map.of();
    private volatile Consumer<String> cleared = endpoint -> {};

    KvPool(String name, long secret, long blocks) {
        this.name = name;
        this.index = new BlockIndex(secret, blocks);
    }

    /** Who is told, by the index's thread, when an endpoint holds nothing of what was known. */
    public void onCleared(Consumer<String> told) {
        cleared = told;
    }

    void cleared(String endpoint) {
        cleared.accept(endpoint);
    }

    String name() {
        return name;
    }

    BlockIndex index() {
        return index;
    }

    Map<String, List<KvFeed>> feeds() {
        return feeds;
    }

    void feeds(Map<String, List<KvFeed>> next) {
        feeds = next;
    }

    /** Names of blocks here. */
    public BlockKeys keys() {
        return index.keys();
    }

    /** Tokens per block, as the engines' events have it; 0 while nobody has told of any block. */
    public int blockSize() {
        for (List<KvFeed> ranks : feeds.values()) {
            for (KvFeed feed : ranks) {
                if (feed.blockSize() > 0) {
                    return feed.blockSize();
                }
            }
        }
        return 0;
    }

    /** Pairs of a block and an engine that holds it. */
    public long blocks() {
        return index.pairs();
    }

    /**
     * What endpoints hold of a prompt, by id; those whose engines say nothing that can be used now are left out. An engine of
     * several ranks chooses one by itself, so what one of them is expected to hold is what they hold on average.
     */
    public Map<String, Held> held(PromptKeys prompt, long now) {
        Match match = new Match();
        index.match(prompt.keys(), prompt.most(), match);
        Map<String, Held> held = new LinkedHashMap<>();
        feeds.forEach((endpoint, ranks) -> {
            double blocks = 0;
            double worth = 0;
            boolean exact = prompt.whole();
            for (KvFeed feed : ranks) {
                int lane = feed.lane;
                boolean fits = feed.blockSize() == 0 || feed.blockSize() == prompt.blockSize();
                if (!feed.live() || !fits || !feed.believed() || lane < 0) {
                    return;
                }
                exact &= feed.whole();
                blocks += match.blocks(lane);
                worth += match.weighted(lane);
            }
            double tokens = (double) prompt.blockSize() / ranks.size();
            held.put(endpoint, new Held((int) (blocks * tokens), (int) (worth * tokens), exact));
        });
        recent.match(
                prompt.keys(),
                prompt.most(),
                now,
                (endpoint, blocks) ->
                        held.computeIfPresent(endpoint, (id, there) -> there.atLeast(blocks * prompt.blockSize())));
        return held;
    }

    /** A prompt goes to an endpoint now. */
    public void sent(String endpoint, PromptKeys prompt, long now) {
        if (feeds.containsKey(endpoint)) {
            recent.sent(endpoint, prompt.keys(), now);
        }
    }

    /** An engine answered: it found so many tokens of a prompt of which {@link #held} had said {@code predicted}. */
    public void observe(String endpoint, int predicted, int reported) {
        List<KvFeed> ranks = feeds.getOrDefault(endpoint, List.of());
        // Which of several ranks answered is not said.
        if (ranks.size() == 1) {
            ranks.getFirst().observe(predicted, reported);
        }
    }

    /** Its engines that publish events. */
    public List<KvStatus> status() {
        List<KvStatus> all = new ArrayList<>();
        feeds.forEach((endpoint, ranks) -> all.add(
                new KvStatus(endpoint, ranks.stream().map(KvFeed::status).toList())));
        return all;
    }
}
