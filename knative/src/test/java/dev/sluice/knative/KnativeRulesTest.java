package dev.sluice.knative;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** This room sees core and the SPI, and none of the others. */
class KnativeRulesTest {
    @Test
    void itDependsOnCoreAndTheKubernetesClientOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.sluice.knative..",
                        "dev.sluice.core..",
                        "dev.sluice.spi..",
                        "io.fabric8..",
                        "com.fasterxml.jackson..",
                        "java..",
                        "org.jspecify..",
                        ""))
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.sluice.knative"));
    }
}
