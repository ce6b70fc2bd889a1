package dev.sluice.core;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import org.junit.jupiter.api.Test;

/** Core is pure: no I/O, threads or clocks, and nothing whose order depends on identity or hash seeds. */
class HouseRulesTest {
    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.core");
    private static final JavaClasses PLUGINS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice.plugins");

    @Test
    void coreDependsOnTheSpiAndTheJdkOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage("dev.sluice.core..", "dev.sluice.spi..", "java..", "org.jspecify..", ""))
                .check(CORE);
    }

    @Test
    void pluginsDependOnTheSpiAndTheJdkOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.sluice.plugins..", "dev.sluice.spi..", "java..", "javax.crypto..", "org.jspecify..", ""))
                .allowEmptyShould(true)
                .check(PLUGINS);
    }

    @Test
    void coreDoesNoInputOrOutputAndLogsNothing() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "java.net..", "java.nio.channels..", "java.nio.file..", "java.util.logging..", "java.sql.."))
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.System$Logger")
                .orShould()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.File")
                .check(CORE);
    }

    @Test
    void coreHasNoClockAndNoRandomnessOfItsOwn() {
        noClasses()
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Clock.class)
                .orShould()
                .callMethod(Math.class, "random")
                .orShould()
                .callMethod(System.class, "identityHashCode", Object.class)
                .orShould()
                .callConstructor(java.util.Random.class)
                .orShould()
                .callConstructor(java.util.SplittableRandom.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .check(CORE);
    }

    @Test
    void onlyThePrefixIndexIsConcurrent() {
        noClasses()
                .that(com.tngtech.archunit.base.DescribedPredicate.not(resideInAPackage("dev.sluice.core.index..")))
                .should()
                .dependOnClassesThat(resideInAPackage("java.util.concurrent.."))
                .check(CORE);
    }

    @Test
    void nothingInCoreIsOrderedByHashes() {
        noClasses()
                .should()
                .callConstructor(HashMap.class)
                .orShould()
                .callConstructor(HashMap.class, int.class)
                .orShould()
                .callConstructor(HashSet.class)
                .orShould()
                .callConstructor(HashSet.class, int.class)
                .orShould()
                .callConstructor(IdentityHashMap.class)
                .orShould()
                .callConstructor(IdentityHashMap.class, int.class)
                .check(CORE);
    }
}
