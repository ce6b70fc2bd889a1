package dev.sluice.simulator.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.PoolSettings;
import dev.sluice.core.flow.AdmissionQueue.Bounds;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.VirtualGateway;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A queued request is placed when it leaves the queue: what has come up, or was cached, while it waited counts. */
class LateBindingTest {
    private static final long SECOND = 1_000_000_000L;

    private final EventLoop loop = new EventLoop(1);
    private final Map<String, Server> fleet = new LinkedHashMap<>();
    private final VirtualGateway gateway = new VirtualGateway(
            loop,
            new PoolSettings("late", 1, 16, 5, Duration.ofSeconds(1), Duration.ZERO, PoolSettings.Priors.DEFAULT),
            new VirtualGateway.Limits(
                    FlowRules.standard(new Bounds(100, 1L << 30)), 600 * SECOND, 600 * SECOND, 600 * SECOND),
            Policies.leastWork());

    private void add(String id) {
        fleet.put(id, new Server(loop, EngineProfile.llama8b(), fleet.size()));
        gateway.endpoints(fleet);
        gateway.pool().probeSucceeded(id, List.of("m"), loop.now());
        gateway.tick();
    }

    private Exchange ask(long content, int output) {
        long[] blocks = new long[500];
        long parent = content;
        for (int i = 0; i < blocks.length; i++) {
            parent = Hashes.next(parent, content);
            blocks[i] = parent;
        }
        return gateway.arrive(new Ask(8000, blocks, blocks.length, output, 0, "", true));
    }

    private void until(Exchange x, State state) {
        while (x.state() != state && loop.step()) {}
        assertThat(x.state()).isEqualTo(state);
    }

    @Test
    void anEndpointThatComesUpMeanwhileTakesIt() {
        add("e0");
        Exchange running = ask(1, 2000);
        Exchange waits = ask(2, 5);
        assertThat(running.endpoint()).isEqualTo("e0");
        assertThat(waits.state()).isEqualTo(State.QUEUED);
        add("e1");
        assertThat(waits.endpoint()).isEqualTo("e1");
        until(waits, State.ENDED);
        assertThat(running.state()).as("it did not wait for the other one").isNotEqualTo(State.ENDED);
    }

    @Test
    void aPromptThatWasCachedMeanwhileDrawsIt() {
        add("e0");
        add("e1");
        Exchange one = ask(1, 40);
        Exchange two = ask(2, 3000);
        assertThat(List.of(one.endpoint(), two.endpoint())).containsExactlyInAnyOrder("e0", "e1");
        // Nobody holds prompt 3 when these two come; the first of them makes its endpoint do.
        Exchange first = ask(3, 1);
        Exchange second = ask(3, 1);
        assertThat(second.state()).isEqualTo(State.QUEUED);
        until(first, State.ENDED);
        until(second, State.ENDED);
        assertThat(second.endpoint()).isEqualTo(first.endpoint());
        assertThat(second.predicted()).as("cached tokens that its decision saw").isPositive();
    }
}
