package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

class MountsTest {
    @Test
    void aThreadOfALoopRunsOnTheLoopsOwnThreadAlsoAfterItHasWaited() throws Exception {
        try (Loop loop = Loop.start("mounts-test")) {
            CompletableFuture<String> before = new CompletableFuture<>();
            CompletableFuture<String> after = new CompletableFuture<>();
            CompletableFuture<Boolean> go = new CompletableFuture<>();
            Thread thread = loop.mount("logic", () -> {
                        before.complete(Thread.currentThread().toString());
                        go.join();
                        after.complete(Thread.currentThread().toString());
                    })
                    .orElseThrow();
            assertThat(thread.isVirtual()).isTrue();
            assertThat(before.get(10, TimeUnit.SECONDS)).endsWith("@mounts-test");
            go.complete(true);
            assertThat(after.get(10, TimeUnit.SECONDS)).endsWith("@mounts-test");
            thread.join();
        }
    }

    @Test
    void whoeverStillWaitsWhenTheLoopEndsGoesOnElsewhere() throws Exception {
        CompletableFuture<Boolean> go = new CompletableFuture<>();
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        try (Loop loop = Loop.start("mounts-test")) {
            assertThat(loop.mount("logic", () -> {
                        go.join();
                        done.complete(true);
                    }))
                    .isPresent();
        }
        go.complete(true);
        assertThat(done.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void loopsThatWereStartedTogetherTakeTurnsAndAThreadFindsItsOwn() throws Exception {
        try (Loop first = Loop.start("mounts-test", 2)) {
            Loop one = first.any();
            Loop other = first.any();
            assertThat(one).isNotSameAs(other);
            CompletableFuture<Loop> found = new CompletableFuture<>();
            assertThat(other.mount("logic", () -> found.complete(first.near()))).isPresent();
            assertThat(found.get(10, TimeUnit.SECONDS)).isSameAs(other);
        }
    }

    @Test
    void whatMayWaitForALockDoesNotHoldUpTheLoop() throws Exception {
        try (Loop loop = Loop.start("mounts-test")) {
            ReentrantLock lock = new ReentrantLock();
            CountDownLatch both = new CountDownLatch(2);
            Runnable locks = () -> {
                lock.lock();
                try {
                    both.countDown();
                } finally {
                    lock.unlock();
                }
            };
            lock.lock();
            try {
                assertThat(loop.mount("ahead", locks)).isPresent();
                while (!lock.hasQueuedThreads()) {
                    Thread.onSpinWait();
                }
                loop.execute(() -> Loop.mayWait(locks));
                CompletableFuture<Boolean> alive = new CompletableFuture<>();
                loop.execute(() -> alive.complete(true));
                assertThat(alive.get(10, TimeUnit.SECONDS)).isTrue();
            } finally {
                lock.unlock();
            }
            assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }
}
