package dev.sluice.simulator.fleet;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Moves KV between the servers of a fleet in virtual time, with vLLM's manners: a pair of processes shakes hands before its
 * first transfer; a transfer reads whole blocks, takes the time of its link, and waits for the ones before it at either end; when
 * it is over the reader tells the holder to let go. A reader that still waits for a place keeps the holder's lease alive. A
 * holder that has let go, because the lease ended or somebody was there before, is read all the same: what then arrives may be
 * something else, and nobody is told ({@link #corrupt}).
 */
public final class KvNetwork {
    /** How long a reader tries to reach a side channel where nobody is. */
    static final long NOBODY = 5_000_000_000L;
    /** How soon it knows that a process it has talked to is gone. */
    static final long GONE = 20_000_000L;

    private final EventLoop loop;
    private final KvLink usual;
    private final Map<String, ServerKv> servers = new LinkedHashMap<>();
    private final Map<String, KvLink> links = new LinkedHashMap<>();
    private final Map<String, Long> shaken = new LinkedHashMap<>();
    private final Map<String, Long> busy = new LinkedHashMap<>();
    private final Map<String, List<KvFetch>> meeting = new LinkedHashMap<>();
    private final Set<String> cuts = new LinkedHashSet<>();
    private long lease = 30_000_000_000L;
    private boolean losesReleases;
    private long transfers;
    private long cachedTransfers;
    private long bytes;
    private long failed;
    private long corrupt;
    private long lost;
    private long late;

    /** A network in which all pairs have the same link, until {@link #link} says otherwise. */
    public KvNetwork(EventLoop loop, KvLink usual) {
        this.loop = loop;
        this.usual = usual;
    }

    /** The link between two servers, both ways. */
    public void link(String one, String other, KvLink link) {
        links.put(pair(one, other), link);
        links.put(pair(other, one), link);
    }

    /** The link between two servers. */
    public KvLink link(String one, String other) {
        return links.getOrDefault(pair(one, other), usual);
    }

    /** How long blocks are kept for somebody to fetch them, ns; 30 s as in vLLM. Holds for legs that begin from now on. */
    public void lease(long nanos) {
        lease = nanos;
    }

    /** What {@link #lease(long)} set, ns. */
    public long lease() {
        return lease;
    }

    /** A fault: two servers do not reach each other any more, or again. What is under way between them fails at its end. */
    public void cut(String one, String other, boolean yes) {
        if (yes) {
            cuts.add(pair(one, other));
            cuts.add(pair(other, one));
        } else {
            cuts.remove(pair(one, other));
            cuts.remove(pair(other, one));
        }
    }

    /** A fault: holders do not hear that they may let go, so that only leases free blocks. */
    public void loseReleases(boolean yes) {
        losesReleases = yes;
    }

    /** Transfers that ended well. */
    public long transfers() {
        return transfers;
    }

    /** Of these, fetches of what the other engine had cached. */
    public long cachedTransfers() {
        return cachedTransfers;
    }

    /** Bytes that they moved. */
    public long bytes() {
        return bytes;
    }

    /** Transfers that did not. */
    public long failed() {
        return failed;
    }

    /** Transfers that ended well and brought something else than the prompt's KV. */
    public long corrupt() {
        return corrupt;
    }

    /** Releases that {@link #loseReleases} swallowed. */
    public long lost() {
        return lost;
    }

    /** Releases of blocks that were not pinned any more. */
    public long late() {
        return late;
    }

    /** Prompt tokens that a server has cached, as far as another one can find out; 0 when it can't reach it. */
    int cached(String server, String reader, Ask ask) {
        var holder = servers.get(server);
        return holder == null || !holder.isUp() || cuts.contains(pair(server, reader))
                ? 0
                : holder.engine().cachedTokens(ask.promptTokens(), ask.blocks());
    }

    /** What a server's process calls itself; empty when there is no such server. */
    String process(String server) {
        var holder = servers.get(server);
        return holder == null ? "" : holder.engineId();
    }

    void join(ServerKv server) {
        servers.put(server.name(), server);
    }

    /** The reader has blocks. */
    void begin(KvFetch fetch) {
        if (fetch.tokens == 0) {
            finish(fetch);
        } else if (fetch.meets && !holderHas(fetch)) {
            meeting.computeIfAbsent(fetch.holder + "/" + fetch.key, k -> new ArrayList<>())
                    .add(fetch);
            loop.in(fetch.patience, () -> {
                var waiting = meeting.get(fetch.holder + "/" + fetch.key);
                if (waiting != null && waiting.remove(fetch)) {
                    fail(fetch);
                }
            });
        } else {
            transfer(fetch);
        }
    }

    private boolean holderHas(KvFetch fetch) {
        var holder = servers.get(fetch.holder);
        if (holder == null) {
            return false;
        }
        var pin = holder.engine().kv().pin(fetch.key);
        pin.ifPresent(there -> fetch.found(holder.engineId(), there.blocks()));
        return pin.isPresent();
    }

    /** A holder has blocks that somebody may wait for. */
    void kept(ServerKv holder, String key) {
        var waiting = meeting.remove(holder.name() + "/" + key);
        if (waiting != null) {
            for (var fetch : waiting) {
                if (holderHas(fetch)) {
                    transfer(fetch);
                }
            }
        }
    }

    private void transfer(KvFetch fetch) {
        var link = link(fetch.holder, fetch.reader.name());
        var pair = pair(fetch.engineId, fetch.reader.engineId());
        if (!reaches(fetch)) {
            var wrongProcess = servers.containsKey(fetch.holder)
                    && servers.get(fetch.holder).isUp();
            loop.in(shaken.containsKey(pair) ? GONE : wrongProcess ? link.handshakeNanos() : NOBODY, () -> fail(fetch));
            return;
        }
        var block = fetch.reader.engine().profile().blockSize();
        var count = fetch.cached ? fetch.tokens / block : fetch.blocks.size();
        var size = (long) count * fetch.reader.blockBytes();
        var from = Math.max(
                shaken.computeIfAbsent(pair, p -> loop.now() + link.handshakeNanos()),
                Math.max(busy.getOrDefault(fetch.holder, 0L), busy.getOrDefault(fetch.reader.name(), 0L)));
        var until = Math.max(loop.now(), from) + link.nanos(size);
        busy.put(fetch.holder, until);
        busy.put(fetch.reader.name(), until);
        loop.at(until, () -> {
            if (!reaches(fetch) || (fetch.cached && !fetch.reader.stillCached(holder(fetch), fetch))) {
                fail(fetch);
                return;
            }
            transfers++;
            bytes += size;
            cachedTransfers += fetch.cached ? 1 : 0;
            corrupt += fetch.cached || fetch.reader.holdsFor(holder(fetch), fetch) ? 0 : 1;
            finish(fetch);
        });
    }

    private ServerKv holder(KvFetch fetch) {
        var holder = servers.get(fetch.holder);
        if (holder == null) {
            throw new IllegalStateException("no server " + fetch.holder);
        }
        return holder;
    }

    private boolean reaches(KvFetch fetch) {
        var holder = servers.get(fetch.holder);
        return holder != null
                && holder.isUp()
                && holder.engineId().equals(fetch.engineId)
                && !cuts.contains(pair(fetch.holder, fetch.reader.name()));
    }

    private void finish(KvFetch fetch) {
        if (fetch.over) {
            return;
        }
        fetch.over = true;
        release(fetch);
        fetch.reader.pulled(fetch);
    }

    private void fail(KvFetch fetch) {
        if (fetch.over) {
            return;
        }
        fetch.over = true;
        failed++;
        fetch.reader.pullFailed(fetch);
    }

    /** Tells the holder that nobody wants the blocks any more. */
    void release(KvFetch fetch) {
        if (fetch.cached) {
            return;
        }
        if (losesReleases) {
            lost++;
        } else if (reaches(fetch)) {
            late += holder(fetch).release(fetch.key) ? 0 : 1;
        }
    }

    /** Keeps the holder's lease alive for as long as the reader waits: a word every sixth of it, good for two thirds. */
    void heartbeat(KvFetch fetch) {
        loop.in(lease / 6, () -> {
            if (!fetch.over) {
                if (reaches(fetch)) {
                    holder(fetch).engine().kv().renew(fetch.key, loop.now() + lease * 2 / 3);
                }
                heartbeat(fetch);
            }
        });
    }

    private static String pair(String one, String other) {
        return one + ">" + other;
    }
}
