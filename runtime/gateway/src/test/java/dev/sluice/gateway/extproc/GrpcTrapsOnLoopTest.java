package dev.sluice.gateway.extproc;

import dev.sluice.gateway.http.Loop;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;

/** The same with the threads of a listener on a loop, as the gateway runs it. */
class GrpcTrapsOnLoopTest extends GrpcTrapsTest {
    private static final Loop LOOP = Loop.start("traps", 2);

    @AfterAll
    static void end() {
        LOOP.close();
    }

    @Override
    Optional<Loop> loop() {
        return Optional.of(LOOP);
    }
}
