package dev.sluice.gateway;

import dev.sluice.core.Usage;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.stream.PromptUsage;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What makes a leg the generating half of a request: its own body and headers, and what another engine said of the prompt. The
 * thread of the other half may add to it while the leg runs.
 */
final class Handed {
    final ByteBuffer[] body;
    final Map<String, String> headers;
    private final Runnable arrived;
    private volatile @Nullable PromptUsage usage;
    private volatile int cached = -1;
    private volatile boolean trusted;
    private volatile boolean begun;
    private volatile boolean sent;
    private volatile boolean failed;
    private volatile @Nullable UpstreamConnection connection;

    /** @param arrived runs once, when the first byte of an answer is here: the KV has arrived */
    Handed(EditedBody body, Map<String, String> headers, Runnable arrived) {
        this.body = body.slices().toArray(ByteBuffer[]::new);
        this.headers = headers;
        this.arrived = arrived;
    }

    /** The engine's own usage is right as it is: somebody before it has corrected it. */
    Handed trusted() {
        trusted = true;
        return this;
    }

    /** The leg goes over this connection. */
    void over(UpstreamConnection current) {
        connection = current;
        if (failed) {
            current.abort();
        }
    }

    /** The engine has been sent the leg: when that is cut, it tells who has the blocks. */
    void sent() {
        sent = true;
    }

    boolean isSent() {
        return sent;
    }

    /** An answer has begun. */
    void begun() {
        begun = true;
        arrived.run();
    }

    /** The prompt has been computed, and this is what was said of it. */
    void computed(PromptUsage said, int cachedTokens) {
        cached = cachedTokens;
        usage = said;
    }

    @Nullable
    PromptUsage usage() {
        return usage;
    }

    /** The prompt will not come: the leg is cut, unless its answer has begun all the same. */
    void prefillFailed() {
        failed = true;
        UpstreamConnection current = connection;
        if (current != null && !begun) {
            current.abort();
        }
    }

    boolean isPrefillFailed() {
        return failed;
    }

    /** Usage as it is counted: the prompt once, and of it what was found cached where it was computed. */
    Usage counted(Usage said) {
        return trusted ? said : new Usage(said.promptTokens(), cached, said.outputTokens());
    }

    /** A whole answer with the usage of both halves. */
    ByteBuffer corrected(ByteBuffer answer) {
        PromptUsage said = usage;
        return said == null ? answer : said.in(answer);
    }
}
