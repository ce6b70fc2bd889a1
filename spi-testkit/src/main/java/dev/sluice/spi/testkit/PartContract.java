package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.spi.Part;
import dev.sluice.spi.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/**
 * What holds for everything that is asked while a request waits: it answers for any number of candidates, the same for the
 * same, from many threads at once, soon, and keeps nothing of what it was lent.
 *
 * @param <C> the type's configuration
 * @param <P> what the type makes
 */
public abstract class PartContract<C extends Record, P extends Part> extends FactoryContract<C> {
    private static final int THREADS = 8;
    private static final int ROUNDS = 200;
    private static final int MANY = 1000;

    private final Class<P> kind;

    PartContract(Class<P> kind) {
        this.kind = kind;
    }

    /** Asks once and checks the answer's form; the answer in a shape that can be compared. */
    abstract List<?> ask(P part, Request request, TestCandidates candidates);

    /** Requests that it must cope with. */
    protected List<TestRequest> requests() {
        return List.of(
                TestRequest.PLAIN,
                TestRequest.PLAIN.withSession("s-1").withHeader("x-any", "value"),
                TestRequest.PLAIN.withPromptTokens(1),
                TestRequest.PLAIN.withPromptTokens(Integer.MAX_VALUE));
    }

    /** Candidates with what this part looks at; called with 0, 1 and more. */
    protected TestCandidates candidates(int count, long seed) {
        return TestCandidates.of(count).withRandomSignals(seed);
    }

    /** True when the same question may get another answer, because the part looks at something that changes. */
    protected boolean answersMayChange() {
        return false;
    }

    /** How long a call may take with 1,000 candidates: the gateway waits for 2 ms unless it is told otherwise. */
    protected Duration budget() {
        return Duration.ofMillis(2);
    }

    final P part() {
        Part made = create();
        assertTrue(kind.isInstance(made), () -> factory().type() + " makes no " + kind.getSimpleName());
        return kind.cast(made);
    }

    private void with(Use<P> use) {
        P part = part();
        try {
            use.use(part);
        } finally {
            part.close();
        }
    }

    private interface Use<P> {
        void use(P part);
    }

    @Test
    final void anyNumberOfCandidatesIsFine() {
        with(part -> {
            for (int count : new int[] {0, 1, 2, 3, 10, 100}) {
                for (long seed = 0; seed < 20; seed++) {
                    for (TestRequest request : requests()) {
                        ask(part, request, candidates(count, seed));
                    }
                }
            }
        });
    }

    @Test
    final void candidatesOfWhomNothingIsKnownAreFine() {
        with(part -> {
            for (int count : new int[] {0, 1, 5}) {
                ask(part, TestRequest.PLAIN, TestCandidates.of(count));
            }
        });
    }

    @Test
    final void theSameQuestionGetsTheSameAnswer() {
        if (answersMayChange()) {
            return;
        }
        with(part -> {
            for (long seed = 0; seed < 20; seed++) {
                List<?> first = ask(part, TestRequest.PLAIN, candidates(10, seed));
                for (int i = 0; i < 5; i++) {
                    assertEquals(first, ask(part, TestRequest.PLAIN, candidates(10, seed)), "the answer has changed");
                }
            }
        });
    }

    @Test
    final void manyThreadsAtOnceGetTheAnswersThatOneGets() {
        with(part -> {
            List<List<?>> alone = new ArrayList<>();
            for (int seed = 0; seed < THREADS; seed++) {
                alone.add(ask(part, TestRequest.PLAIN, candidates(10, seed)));
            }
            CyclicBarrier together = new CyclicBarrier(THREADS);
            try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
                List<Future<List<?>>> answers = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    long seed = i;
                    answers.add(threads.submit(() -> {
                        together.await();
                        List<?> last = List.of();
                        for (int round = 0; round < ROUNDS; round++) {
                            List<?> answer = ask(part, TestRequest.PLAIN, candidates(10, seed));
                            if (round > 0 && !answersMayChange()) {
                                assertEquals(last, answer, "threads get in each other's way");
                            }
                            last = answer;
                        }
                        return last;
                    }));
                }
                for (int i = 0; i < THREADS; i++) {
                    List<?> answer = answers.get(i).get();
                    if (!answersMayChange()) {
                        assertEquals(alone.get(i), answer, "threads get in each other's way");
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw failure(e.getCause());
            }
        });
    }

    @Test
    final void nothingIsKeptOfWhatWasLent() {
        with(part -> {
            TestCandidates lent = candidates(10, 1);
            ask(part, TestRequest.PLAIN, lent);
            lent.end();
            for (int i = 0; i < 10; i++) {
                ask(part, TestRequest.PLAIN, candidates(10, i));
            }
            assertEquals(0, lent.trespasses(), "candidates were used after the call that they were lent for");
        });
    }

    @Test
    final void anInterruptEndsACallSoon() {
        with(part -> {
            List<?> answer = onThread(() -> {
                Thread.currentThread().interrupt();
                try {
                    return ask(part, TestRequest.PLAIN, candidates(10, 1));
                } catch (RuntimeException givenUp) {
                    return List.of("gave up");
                }
            });
            assertTrue(answer != null, "a thread that was interrupted was still busy after 2 s");
        });
    }

    @Test
    final void aThousandCandidatesTakeLessThanTheBudget() {
        with(part -> {
            TestCandidates many = candidates(MANY, 1);
            for (int i = 0; i < ROUNDS; i++) {
                ask(part, TestRequest.PLAIN, many);
            }
            long[] nanos = new long[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                long begun = System.nanoTime();
                ask(part, TestRequest.PLAIN, many);
                nanos[i] = System.nanoTime() - begun;
            }
            Arrays.sort(nanos);
            long median = nanos[ROUNDS / 2];
            System.getLogger("dev.sluice.spi.testkit")
                    .log(
                            System.Logger.Level.INFO,
                            "{0}, 1,000 candidates: median {1} µs, p99 {2} µs",
                            factory().type(),
                            median / 1000,
                            nanos[ROUNDS * 99 / 100] / 1000);
            assertTrue(
                    median <= budget().toNanos(),
                    () -> "the median call took " + median / 1000 + " µs, the budget is " + budget().toNanos() / 1000
                            + " µs");
        });
    }

    private static List<?> onThread(Callable<List<?>> call) {
        CompletableFuture<List<?>> answer = new CompletableFuture<>();
        Thread thread = Thread.ofPlatform().daemon().unstarted(() -> {
            try {
                answer.complete(call.call());
            } catch (Throwable thrown) {
                answer.completeExceptionally(thrown);
            }
        });
        thread.start();
        try {
            return answer.get(2, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new AssertionError("a thread that was interrupted was still busy after 2 s", late);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        }
    }

    private static AssertionError failure(@org.jspecify.annotations.Nullable Throwable cause) {
        return cause instanceof AssertionError assertion ? assertion : new AssertionError(cause);
    }
}
