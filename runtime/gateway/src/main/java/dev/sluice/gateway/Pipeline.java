package dev.sluice.gateway;

import dev.sluice.core.Policy;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.gateway.plugin.Closing;
import dev.sluice.gateway.plugin.LoadedPlugin;
import dev.sluice.gateway.plugin.Watched;
import dev.sluice.gateway.tokens.TokenProducer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Part;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A policy with the instances that it is made of. It is in force until {@link #retire}; the instances are closed when it
 * is retired and the last decision that uses it has been made.
 */
final class Pipeline {
    private final Policy policy;
    private final Optional<Connector> connector;
    private final PageExtraction pages;
    private final Optional<FlowRules> flow;
    private final List<Watched> watched;
    private final Optional<TokenProducer> tokens;
    /** Users, and one more while it is in force. */
    private final AtomicInteger users = new AtomicInteger(1);

    private final AtomicBoolean retired = new AtomicBoolean();
    private final CompletableFuture<Boolean> closed = new CompletableFuture<>();
    /** Emptied when they are closed: decisions that are remembered refer to policies, not to a plugin's objects. */
    private volatile List<Created> instances;

    /** An instance as its factory made it. */
    record Created(String name, String type, Part part, Optional<LoadedPlugin> plugin) {}

    Pipeline(
            Policy policy,
            Optional<Connector> connector,
            PageExtraction pages,
            Optional<FlowRules> flow,
            List<Created> instances,
            List<Watched> watched) {
        this.policy = policy;
        this.connector = connector;
        this.pages = pages;
        this.flow = flow;
        this.instances = List.copyOf(instances);
        this.watched = List.copyOf(watched);
        this.tokens = this.instances.stream()
                .map(Created::part)
                .filter(TokenProducer.class::isInstance)
                .map(TokenProducer.class::cast)
                .filter(TokenProducer::exact)
                .findFirst();
    }

    /** Who is asked for the exact tokens of prompts; empty when estimates do. */
    Optional<TokenProducer> tokens() {
        return tokens;
    }

    Policy policy() {
        return policy;
    }

    /** How KV moves; empty when it does not. */
    Optional<Connector> connector() {
        return connector;
    }

    /** What is made of engines' metrics pages. */
    PageExtraction pages() {
        return pages;
    }

    /** How requests wait; empty where nothing is said of it. */
    Optional<FlowRules> flow() {
        return flow;
    }

    List<Watched> watched() {
        return watched;
    }

    /** True when it may be used until {@link #leave}; false when it has been closed. */
    boolean enter() {
        int now = users.get();
        while (now > 0) {
            if (users.compareAndSet(now, now + 1)) {
                return true;
            }
            now = users.get();
        }
        return false;
    }

    void leave() {
        if (users.decrementAndGet() == 0) {
            Thread.ofVirtual().name("pipeline-close").start(this::close);
        }
    }

    /** Takes it out of force. */
    void retire() {
        if (retired.compareAndSet(false, true)) {
            leave();
        }
    }

    /** Is there when the instances are closed. */
    CompletableFuture<Boolean> closed() {
        return closed;
    }

    private void close() {
        List<Created> last = instances;
        instances = List.of();
        try {
            watched.forEach(Watched::release);
            close(last);
        } finally {
            closed.complete(true);
        }
    }

    /** Closes instances in the opposite order of their creation: later ones may refer to earlier ones. */
    static void close(List<Created> instances) {
        instances.reversed().forEach(created -> Closing.close(created.name(), created.part(), created.plugin()));
    }
}
