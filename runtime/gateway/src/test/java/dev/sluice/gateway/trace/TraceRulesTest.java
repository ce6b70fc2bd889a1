package dev.sluice.gateway.trace;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** OpenTelemetry's library stays out of the way of requests and of the start. */
class TraceRulesTest {
    @Test
    void oneClassMakesSpansAndNoOtherKnowsTheLibrary() throws Exception {
        Path gateway = Path.of(
                Traces.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.sluice\\.gateway\\.trace\\.(OtlpExport.*|Span)")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.opentelemetry.."))
                .check(new ClassFileImporter().importPath(gateway));
    }
}
