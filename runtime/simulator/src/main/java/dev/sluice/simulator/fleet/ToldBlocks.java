package dev.sluice.simulator.fleet;

import dev.sluice.core.KnownTokens;
import dev.sluice.core.Snapshot;
import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.Match;
import dev.sluice.core.kv.Recent;
import dev.sluice.core.kv.Tier;
import dev.sluice.simulator.CacheListener;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The precise index in virtual time: engines tell at the end of a step what has happened to their caches, a moment later it is
 * known, and what was sent a moment ago counts as held, as in the gateway. Prompts have no text here: the two halves of a
 * block's hash stand for its tokens.
 */
public final class ToldBlocks {
    private static final int HALVES = 2;
    private static final int MOST = 1 << 24;

    private final EventLoop loop;
    private final long delay;
    private final BlockIndex index = new BlockIndex(1, MOST);
    private final Match match = new Match();
    private final Recent recent = new Recent();
    private final Map<String, Integer> lanes = new LinkedHashMap<>();

    /**
     * Nothing is known of anybody.
     *
     * @param delay from the end of an engine's step until it is known what happened in it, ns
     */
    public ToldBlocks(EventLoop loop, long delay) {
        this.loop = loop;
        this.delay = delay;
    }

    /** What the engine of an endpoint is to be given as its listener. */
    public CacheListener listen(String endpoint) {
        int lane = index.open(MOST);
        lanes.put(endpoint, lane);
        return new Telling(lane);
    }

    private final class Telling implements CacheListener {
        private final int lane;
        private List<KvEvent> events = new ArrayList<>();
        private long lastAt = -1;

        Telling(int lane) {
            this.lane = lane;
        }

        @Override
        public void stored(long id, int firstBlock, long parent, long[] hashes) {
            events.add(new KvEvent.Stored(
                    Tier.GPU,
                    "",
                    HALVES,
                    hashes,
                    firstBlock == 0 ? OptionalLong.empty() : OptionalLong.of(parent),
                    halves(hashes, hashes.length),
                    new long[0]));
        }

        @Override
        public void removed(long hash) {
            events.add(new KvEvent.Removed(Tier.GPU, new long[] {hash}));
        }

        @Override
        public void cleared() {
            events.add(new KvEvent.Cleared());
            // No step has to follow.
            stepped(loop.now());
        }

        @Override
        public void stepped(long atNanos) {
            if (!events.isEmpty()) {
                List<KvEvent> batch = events;
                events = new ArrayList<>();
                // What one engine tells keeps its order.
                lastAt = Math.max(loop.now() + delay, lastAt + 1);
                loop.at(lastAt, () -> batch.forEach(event -> index.apply(lane, event)));
            }
        }
    }

    private static int[] halves(long[] hashes, int count) {
        int[] tokens = new int[HALVES * count];
        for (int i = 0; i < count; i++) {
            tokens[HALVES * i] = (int) hashes[i];
            tokens[HALVES * i + 1] = (int) (hashes[i] >>> 32);
        }
        return tokens;
    }

    private long[] keys(Ask ask) {
        int[] tokens = halves(ask.blocks(), ask.promptBlocks());
        return index.keys().of(tokens, tokens.length, HALVES, "", new long[0]);
    }

    /** What endpoints hold of a prompt. */
    public KnownTokens known(Ask ask, Snapshot snapshot) {
        long[] keys = keys(ask);
        index.match(keys, keys.length, match);
        Map<String, Integer> sent = new LinkedHashMap<>();
        recent.match(keys, keys.length, loop.now(), (endpoint, blocks) -> sent.merge(endpoint, blocks, Math::max));
        int slots = 0;
        for (int row = 0; row < snapshot.size(); row++) {
            slots = Math.max(slots, snapshot.slot(row) + 1);
        }
        KnownTokens known = new KnownTokens(slots);
        for (int row = 0; row < snapshot.size(); row++) {
            String endpoint = snapshot.endpoint(row).id();
            Integer lane = lanes.get(endpoint);
            if (lane != null) {
                int blocks = Math.max(match.blocks(lane), sent.getOrDefault(endpoint, 0));
                known.put(snapshot.slot(row), blocks * VirtualGateway.BLOCK_TOKENS, true);
            }
        }
        return known;
    }

    /** Leading blocks of a prompt that an endpoint has told of. */
    public int blocks(Ask ask, String endpoint) {
        long[] keys = keys(ask);
        index.match(keys, keys.length, match);
        return match.blocks(lanes.getOrDefault(endpoint, Integer.MAX_VALUE));
    }

    /** A prompt goes to an endpoint now. */
    public void sent(String endpoint, Ask ask) {
        recent.sent(endpoint, keys(ask), loop.now());
    }
}
