package dev.sluice.peers;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** This room sees core and JGroups, and none of the others. */
class PeersRulesTest {
    @Test
    void itDependsOnCoreAndJGroupsOnly() {
        classes()
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "dev.sluice.peers..",
                        "dev.sluice.core..",
                        "org.jgroups..",
                        "java..",
                        "javax.crypto..",
                        "org.jspecify..",
                        ""))
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.sluice.peers"));
    }
}
