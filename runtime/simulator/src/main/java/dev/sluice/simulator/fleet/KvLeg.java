package dev.sluice.simulator.fleet;

/** What a leg has to do with another one's KV. */
public sealed interface KvLeg {
    /** A leg that stands alone. */
    KvLeg ALONE = new Alone();
    /** A prefill leg whose blocks the server names: the first of two that follow each other. */
    KvLeg PREFILL = new Prefill("");

    /** See {@link #ALONE}. */
    record Alone() implements KvLeg {}

    /**
     * Its blocks stay for another engine once it has ended well; {@link Leg#kept} says how to get them, before {@link Leg#ended}.
     *
     * @param key what they are known by; empty lets the server make one up
     */
    record Prefill(String key) implements KvLeg {}

    /**
     * Its prompt's KV is fetched as the prefill leg's answer said: NIXL in pull mode. The prompt must be the prefill leg's.
     *
     * @param params of that answer, whole
     */
    record Decode(KvParams params) implements KvLeg {}

    /**
     * Both legs go out at once and meet under a key: NIXL in push mode, Mooncake, the offloading connector's P2P tier, SGLang. The
     * transfer begins as soon as the other side has the KV and this side has blocks for it.
     *
     * @param server where the prefill leg runs
     * @param key its {@link Prefill#key}
     * @param patienceNanos how long this side waits for it, from when it has blocks, before the leg fails
     */
    record Meet(String server, String key, long patienceNanos) implements KvLeg {}

    /**
     * A beginning of its prompt is fetched that another engine has cached, however long it is there when the leg arrives: the
     * offloading connector's {@code remote_kv_source}. Without one, or an engine that answers, all of it is computed; when it can't
     * be fetched after all, the leg fails.
     *
     * @param server who is asked
     * @param keep as {@link Prefill#key} when this is also a prefill leg; empty when it is not
     */
    record Cached(String server, String keep) implements KvLeg {}

    /**
     * A decode leg whose parameters are not whole. vLLM 0.32 does not answer it, and dies when it is aborted.
     */
    record Broken() implements KvLeg {}
}
