package dev.sluice.gateway.http;

/** A connection to an engine that may serve one leg after another. */
final class Link implements Wire.Watcher {
    final Wire wire;
    private final LifoPool pool;
    private final ResponseHead head = new ResponseHead();
    private final ChunkDecoder chunks = new ChunkDecoder(false);
    private final HeaderBlock headers = new HeaderBlock();
    private boolean reused;
    private volatile boolean stale;

    Link(LifoPool pool, Wire wire) {
        this.pool = pool;
        this.wire = wire;
    }

    ResponseHead head() {
        return head;
    }

    ChunkDecoder chunks() {
        return chunks;
    }

    HeaderBlock headers() {
        return headers;
    }

    boolean reused() {
        return reused;
    }

    /** Whether a request on that loop has no way to go: its own, or one that is no loop's. */
    boolean on(Loop here) {
        return !(wire instanceof ChannelWire channel) || channel.loop().equals(here);
    }

    /** Goes to rest in the pool; with the pool's lock held. */
    void rest(long expiry) {
        reused = true;
        wire.watch(this, expiry);
    }

    /** Whether it can be used, after it was taken out of the pool. */
    boolean usable() {
        wire.unwatch();
        return !stale && !wire.closed();
    }

    @Override
    public void left() {
        stale = true;
        Loop.mayWait(() -> pool.stale(this));
    }

    @Override
    public void expired() {
        left();
    }

    @Override
    public boolean maySpeak() {
        return false;
    }

    void closeWire() {
        wire.close();
    }

    /** By its owner. */
    void close() {
        wire.dispose();
    }
}
