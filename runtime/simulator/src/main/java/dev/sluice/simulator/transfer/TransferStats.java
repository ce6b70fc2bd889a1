package dev.sluice.simulator.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Histogram;
import java.util.function.BiConsumer;

/** What became of transfers, from this engine's side. Thread-safe. */
public final class TransferStats {
    private final Histogram seconds = new Histogram(.005, .01, .025, .05, .075, .1, .2, .3, .5, .75, 1, 5);
    private final Histogram postSeconds = new Histogram(.001, .005, .01, .025, .05, .075, .1, .2, .3, .5, .75, 1, 5);
    private final Histogram bytes = new Histogram(
            1 << 11, 1 << 13, 1 << 15, 1 << 17, 1 << 19, 1 << 21, 1 << 23, 1 << 25, 1 << 27, 1 << 29, 1L << 31,
            1L << 33);
    private final Histogram descriptors =
            new Histogram(10, 20, 30, 50, 75, 100, 200, 400, 1000, 2000, 4000, 10_000, 20_000, 50_000);
    private long transferred;
    private long failed;
    private long corrupt;
    private long late;
    private long lost;
    private boolean losesReleases;

    synchronized void moved(long nanos, long size, boolean intact) {
        transferred++;
        seconds.record(nanos * 1e-9);
        postSeconds.record(0.0004);
        bytes.record((double) size);
        descriptors.record(2);
        corrupt += intact ? 0 : 1;
    }

    synchronized void failed() {
        failed++;
    }

    synchronized void late() {
        late++;
    }

    synchronized void lost() {
        lost++;
    }

    synchronized boolean losesReleases() {
        return losesReleases;
    }

    /** A fault: what others say about blocks that may go is not heard. */
    public synchronized void loseReleases(boolean yes) {
        losesReleases = yes;
    }

    /** Transfers that ended well and brought something else than was wanted. */
    public synchronized long corrupt() {
        return corrupt;
    }

    /** Transfers to this engine that ended well. */
    public synchronized long transfers() {
        return transferred;
    }

    /** Transfers to this engine that did not. */
    public synchronized long failures() {
        return failed;
    }

    /** Releases of what was not pinned any more. */
    public synchronized long lateReleases() {
        return late;
    }

    /** Each histogram under the name that vLLM's page gives it. */
    public synchronized void forEachHistogram(BiConsumer<String, Histogram> each) {
        each.accept("vllm:nixl_xfer_time_seconds", seconds);
        each.accept("vllm:nixl_post_time_seconds", postSeconds);
        each.accept("vllm:nixl_bytes_transferred", bytes);
        each.accept("vllm:nixl_num_descriptors", descriptors);
    }

    synchronized void into(ObjectNode json) {
        json.put("transfers", transferred)
                .put("bytes", (long) bytes.sum())
                .put("failed", failed)
                .put("corrupt", corrupt)
                .put("late_releases", late)
                .put("lost_releases", lost)
                .put("loses_releases", losesReleases);
    }
}
