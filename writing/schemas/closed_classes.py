"""The words that stand beside a pronoun and say what it is in its sentence, and those that say somebody's gender.

The lists of closed classes are whole enough for sentences about people at work; past forms without "ed" are those in use.
"""

import re

GENDERED = frozenset(
    "man woman men women male female males females lady ladies gentleman gentlemen girl girls boy boys guy guys mr mrs ms "
    "miss sir madam madame ma'am mister mother father mothers fathers mom mum dad husband wife husbands wives son daughter "
    "sons daughters brother sister brothers sisters uncle aunt nephew niece grandmother grandfather grandma grandpa widow "
    "widower bride groom king queen prince princess lord waitress waitresses actress actresses hostess hostesses stewardess "
    "stewardesses seamstress seamstresses mistress landlord landlady heiress goddess nun monk maternal paternal maternity "
    "paternity pregnant pregnancy motherly fatherly feminine masculine manly womanly girlfriend boyfriend fiancé fiancée".split()
)
MAN = re.compile(r"[a-z]{2,}(?:m[ae]n|wom[ae]n)", re.I)  # salesman, policewomen
NO_MAN = frozenset("human german roman ottoman layman specimen regimen acumen abdomen omen women amen semen stamen hymen".split())
OTHER_PRONOUNS = frozenset(
    "he she they him her them his hers their theirs himself herself themselves themself he's she's they're he'd she'd "
    "they'd he'll she'll they'll they've s/he he/she she/he his/her her/his him/her her/him he/she/they his/her/their "
    "him/her/them".split()
)
ADVERBS = frozenset(
    "always never also often still already just now then soon even only once usually sometimes perhaps besides nevertheless "
    "afterwards thus otherwise almost rarely seldom ever yet too first not".split()
)
MODALS = frozenset(
    "would could should might must may can will shall did had ought didn't couldn't wouldn't shouldn't mightn't mustn't "
    "can't won't hadn't cannot needn't".split()
)
AGREEING = frozenset("was were is are am has have does do wasn't weren't isn't aren't hasn't haven't doesn't don't".split())
PASTS = frozenset(
    "ate beat became began bent bet bid bit bled blew bought bound bred broke brought built burnt came cast caught chose "
    "clung cost crept cut dealt did drank drew drove dug dwelt fed fell felt fled flew forbade forecast foresaw forgave "
    "forgot fought found froze gave got grew ground heard held hid hit hung hurt kept knelt knew laid lay leapt learnt led "
    "left lent let lit lost made meant met misread mistook overcame overheard oversaw overslept paid put quit ran rang read "
    "rebuilt redid reset rethought retook rewrote rid rode rose said sang sank sat saw sent set sewed shone shook shot "
    "showed shrank shut slept slid sold sought spent spilt split spoke sprang spread sprung stood stole struck stuck stung "
    "swam swept swore swung taught thought threw told took tore undertook undid undercut understood underwent upheld upset "
    "went withdrew withheld withstood woke won wore wound wove wrote".split()
)
PASTS_AND_MORE = frozenset(  # "his left arm", "her cut": they may stand before a noun, or are one
    "left lost read set cut cost hit lit bet bid cast bound ground wound hurt split spread upset shut lay saw rose felt "
    "found".split()
)
PREPOSITIONS = frozenset(
    "to with from of by at in on about into regarding against between toward towards through via upon without concerning "
    "for under over behind beside near onto within among despite during".split()
)
BOTH = frozenset("before after until since than but".split())  # prepositions that open clauses too
CONJUNCTIONS = frozenset(
    "that because so while as how if when why whether although though where what which who whenever once unless whereas".split()
)
ARTICLES = frozenset("the a an this that these those some any each every".split())
CLOSED = PREPOSITIONS | BOTH | CONJUNCTIONS | ARTICLES | ADVERBS | frozenset("and or more enough very all both".split())
# Verbs that take a person and then another word: "asked her questions", "helped her write", "deemed her fit".
TWO_OBJECTS = frozenset(
    "ask help let make tell teach show send offer pay allow keep see hear watch call find consider deem cost bring grant "
    "promise wish leave serve buy save hand lend charge think assign award read write owe deny feed feel notice have mail "
    "email pass tip quote want name get give provide render believe prove".split()
)
TWO_OBJECTS_PAST = frozenset(
    "made told taught sent paid kept saw seen heard found brought left bought lent thought wrote written fed felt had got "
    "gave given denied said".split()
)


def takes_two_objects(word: str) -> bool:
    """Whether a word is a form of such a verb."""
    if word in TWO_OBJECTS or word in TWO_OBJECTS_PAST:
        return True
    stems = [word.removesuffix(ending) for ending in ("s", "es", "ed", "d", "ing") if word.endswith(ending)]
    stems += [stem + "e" for stem in stems] + [stem[:-1] for stem in stems if stem[-2:-1] == stem[-1:]]
    return any(stem in TWO_OBJECTS for stem in stems)
