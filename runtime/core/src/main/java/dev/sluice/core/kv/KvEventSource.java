package dev.sluice.core.kv;

/** Where KV events come from. Implemented outside of core, so that a gateway can do without. */
public interface KvEventSource extends AutoCloseable {
    /** Tells of nothing: for gateways without a reader of KV events. */
    KvEventSource NONE = new KvEventSource() {
        @Override
        public Subscription subscribe(KvEngine engine, KvEventSink sink) {
            return Subscription.NONE;
        }

        @Override
        public void close() {}
    };

    /**
     * Begins to tell a sink of an engine. Returns at once, whether the engine can be reached or not.
     *
     * @throws IllegalArgumentException when the addresses can't be used
     */
    Subscription subscribe(KvEngine engine, KvEventSink sink);

    /** Ends all subscriptions. */
    @Override
    void close();

    /** A sink that is told of an engine until it is closed. */
    interface Subscription extends AutoCloseable {
        /** Of an engine that tells nothing. */
        Subscription NONE = new Subscription() {
            @Override
            public void resync() {}

            @Override
            public void close() {}
        };

        /** Asks for everything again: a {@link KvNews.Reset} follows, and after it all that can be had. */
        void resync();

        /** Ends it; after a short while nothing more is told. */
        @Override
        void close();
    }
}
