package dev.sluice.simulator.fleet;

import java.util.List;

/** One decode leg's wish for KV, from the moment it arrives until the KV is there or will not come. */
final class KvFetch {
    final ServerKv reader;
    final long id;
    final Ask ask;
    final String holder;
    final String key;
    final boolean meets;
    final long patience;
    String engineId;
    List<Integer> blocks;
    int from;
    int tokens;
    boolean begun;
    boolean over;
    /** What is cached there is read: nothing is pinned for it. */
    boolean cached;

    private KvFetch(
            ServerKv reader,
            long id,
            Ask ask,
            String holder,
            String key,
            boolean meets,
            long patience,
            String engineId,
            List<Integer> blocks) {
        this.reader = reader;
        this.id = id;
        this.ask = ask;
        this.holder = holder;
        this.key = key;
        this.meets = meets;
        this.patience = patience;
        this.engineId = engineId;
        this.blocks = blocks;
    }

    static KvFetch of(ServerKv reader, long id, Ask ask, KvParams params) {
        return new KvFetch(
                reader, id, ask, params.server(), params.requestId(), false, 0, params.engineId(), params.blocks());
    }

    static KvFetch of(ServerKv reader, long id, Ask ask, KvLeg.Meet meet) {
        return new KvFetch(reader, id, ask, meet.server(), meet.key(), true, meet.patienceNanos(), "", List.of());
    }

    /** A fetch of what a process has cached. */
    static KvFetch cached(ServerKv reader, long id, Ask ask, String server, String process) {
        KvFetch fetch = new KvFetch(reader, id, ask, server, "", false, 0, process, List.of());
        fetch.cached = true;
        return fetch;
    }

    /** The other leg has the blocks. */
    void found(String process, List<Integer> there) {
        engineId = process;
        blocks = there;
    }
}
