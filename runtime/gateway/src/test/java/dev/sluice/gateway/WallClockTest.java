package dev.sluice.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** A clock that is set, or that jumps, moves no limit and no decision: what measures time has no wall clock. */
class WallClockTest {
    private static final JavaClasses GATEWAY = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.gateway");

    /** Connections, relays, streams, engines, plugins' budgets. The wall clock is for what is dated: logs, expiries, files, forecasts. */
    @Test
    void onlyWhatIsDatedLooksAtTheWallClock() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "..http..",
                        "..stream..",
                        "..engine..",
                        "..plugin..",
                        "..extproc..",
                        "..handover..",
                        "..tokens..")
                .or()
                .haveSimpleName("Admission")
                .or()
                .haveSimpleName("Leg")
                .or()
                .haveSimpleName("Placer")
                .or()
                .haveSimpleName("StreamRelay")
                .or()
                .haveSimpleName("Gateway")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(Clock.class, "systemUTC")
                .check(GATEWAY);
    }
}
