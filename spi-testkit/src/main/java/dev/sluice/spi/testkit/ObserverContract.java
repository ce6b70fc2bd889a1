package dev.sluice.spi.testkit;

import dev.sluice.spi.Choice;
import dev.sluice.spi.Ending;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Request;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The contract of an {@link Observer}: it copes with every course that a request can take, with many at once, and keeps
 * nothing of what it was lent. Being told takes far less than a decision: an observer of the gateway's own is told while a
 * pool's state is held.
 *
 * @param <C> the type's configuration
 */
public abstract class ObserverContract<C extends Record> extends PartContract<C, Observer> {
    /** For sub-classes. */
    protected ObserverContract() {
        super(Observer.class);
    }

    @Override
    final List<?> ask(Observer part, Request request, TestCandidates candidates) {
        if (candidates.size() > 0) {
            Choice choice = TestChoice.of(candidates.endpoint(0)).at(candidates.takenAt());
            part.chosen(request, candidates, choice);
            part.began(request, choice, choice.at() + 1);
            part.ended(request, choice, TestEnding.of(Ending.Kind.COMPLETED));
        }
        return List.of();
    }

    @Test
    final void everyWayToEndIsFine() {
        Observer part = part();
        for (Ending.Kind kind : Ending.Kind.values()) {
            TestCandidates candidates = candidates(3, 1);
            TestChoice choice = TestChoice.of(candidates.endpoint(1));
            part.chosen(TestRequest.PLAIN, candidates, choice);
            part.ended(TestRequest.PLAIN, choice, TestEnding.of(kind));
        }
        part.close();
    }

    @Test
    final void anEndWithoutABeginningIsFine() {
        Observer part = part();
        TestChoice choice = TestChoice.of(TestCandidates.endpoint("gone", Map.of()));
        part.ended(TestRequest.PLAIN, choice, TestEnding.of(Ending.Kind.FAILED));
        part.began(TestRequest.PLAIN, choice, 1);
        part.close();
    }

    @Test
    final void manySessionsAndEndpointsAreFine() {
        Observer part = part();
        IntStream.range(0, 20_000).forEach(i -> {
            TestCandidates candidates = candidates(2, i);
            TestChoice choice = TestChoice.of(TestCandidates.endpoint("e" + i, Map.of()));
            part.chosen(TestRequest.PLAIN.withSession("s" + i), candidates, choice);
            part.ended(TestRequest.PLAIN, choice, TestEnding.of(Ending.Kind.COMPLETED));
        });
        part.close();
    }
}
