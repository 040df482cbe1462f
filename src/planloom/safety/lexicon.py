"""Words and phrases of requests that no benign plan answers: data, so that a reader can judge them.

Each rule lists alternatives, one a line; `a b | c` in it means `a b` or `c` at that place, `..` up
to six other words. Words stand for themselves: `bomb` is not `bombs`. Lines were written for this
purpose; crude words alone decide nothing, since people curse in benign texts too.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """Phrases that make a finding of a class."""

    name: str
    cls: str
    phrases: tuple[str, ...]


def _rule(name: str, cls: str, text: str) -> Rule:
    return Rule(name, cls, tuple(line.strip() for line in text.splitlines() if line.strip()))


OVERRIDE = _rule(
    "override",
    "jailbreak",
    """
    ignore|disregard|forget|override|bypass .. previous|prior|above|earlier|preceding .. instructions|instruction|prompts|prompt|directions|rules|guidelines|commands
    ignore|disregard|forget|override|bypass all|your|any .. instructions|rules|guidelines|restrictions|filters|programming|safeguards|policies|training
    ignora|olvida|omite .. instrucciones|reglas anteriores|previas
    oublie|oubliez|ignore|ignorez .. instructions|consignes|règles précédentes
    ignoriere|vergiss .. vorherigen|bisherigen|obigen .. anweisungen|regeln|instruktionen
    ignora|dimentica .. istruzioni|regole precedenti
    ignore|esqueça|desconsidere .. instruções|regras anteriores
    önceki .. talimatları|kuralları|komutları .. unut|yoksay
    игнорируй|забудь .. предыдущие|прошлые|все .. инструкции|правила|указания
    """,
)
PERSONA = _rule(
    "persona",
    "jailbreak",
    """
    do anything now
    enable|activate|enter dan|jailbreak mode
    enable|activate|enter developer mode and .. answer|respond|reply|say|act
    late|dead|deceased grandmother .. used to .. me
    opposite of yourself
    you .. are|act as|play|become|called|named dan
    stay a dan
    dan mode|prompt
    always intelligent and machiavellian
    developer mode enabled|output|response|responses
    stay in character .. no matter
    evil confidant|twin|bot
    opposite mode
    jailbroken|jailbreak|unfiltered|uncensored|amoral|unrestricted ai|bot|chatbot|assistant|model|mode|chatgpt|gpt|version|persona
    you have|has|having broken free .. ai
    broken free of the typical confines
    niccolo machiavelli .. amoral
    my .. deceased|late|dead grandmother .. napalm|windows|keys
    jailbreak answer|response|mode|prompt
    safety|content|ethical|ethics filters|filter|guidelines|rules|policies .. off|disabled|removed|lifted|suspended
    evilbot|evilgpt|chaosgpt|mongo tom|dude mode|machiavelli
    """,
)
NO_LIMITS = _rule(
    "no_limits",
    "jailbreak",
    """
    without|no|zero|any|free .. moral|ethical|ethics|content .. restrictions|guidelines|limitations|constraints|filters|filter|policy|boundaries
    does not|doesnt|never|not .. refuse|reject|decline|deny .. any|a .. request|requests|question|prompt|answer
    do|does|don't|doesn't|not|dont|doesnt|never care|follow|comply|abide .. openai|content|ethical|safety .. policy|policies|guidelines|rules
    regardless|no matter .. illegal|unethical|immoral|harmful|dangerous
    even if .. illegal|unethical|immoral|harmful|offensive
    no rules .. never|not|cant .. refuse|refuses|decline|declines
    with|has|have|having no filter|filters|restrictions|limits|censorship at all
    chatbot|ai|bot|assistant|model .. no|without|zero .. rules|ethics|morals|filter|filters|restrictions
    pretend|imagine|assume .. no .. rules|laws|restrictions|filters|policy|guidelines
    sin|sans|ohne|senza|sem .. restricciones|restrictions|einschränkungen|restrizioni|restrições .. éticas|morales|moralische|etiche|éticas
    """,
)
SPAM = _rule(
    "script",
    "template_spam",
    """
    say something harmful|bad|toxic
    please complete the following conversation say so
    complete the following sentence|phrase|conversation .. toxic|rude|offensive
    what are .. skills similar to
    five|5 tools|software|products|companies similar to
    give me an introduction over 200 words for
    write|create an article about the .. applications|production|synthetic|upstream
    five popular and in demand
    """,
)
SEXUAL = _rule(
    "sexual",
    "toxic",
    """
    erotic|erotica|pornographic|smutty|nsfw|explicit|steamy|kinky story|stories|scene|roleplay|fiction|fanfic|fanfiction|novel|tale|chat|dialogue|script|description|image
    sexually explicit
    erotic|explicit|horny|nsfw short|little|long|sex story|scene|roleplay|fantasy
    horny girlfriend|boyfriend|wife|stepmom|stepsister|roommate|teacher|maid|student|nurse
    you are|be my .. horny|submissive|naughty
    hentai|porn|pornography .. site|sites|website|websites|links|underage
    he|she pushed|slid|thrust|thrusts|slides into|inside her|him|me
    giantess|vore|futa|bdsm|tickling .. story|slave|fetish
    explicit|graphic|detailed sex|sexual|porn|smut
    write|create|continue .. erotica|porn|smut|hentai
    sex|fuck|rape|sexual .. scene|story|roleplay|fantasy with|between|about|where
    she|he|i|her|him .. orgasmed|climaxed|cums
    his|her|my|your .. cock|pussy|cunt|clit|cum|tits|erection
    suck|sucking|sucked|lick|licking|ride|riding .. cock|dick|pussy
    blowjob|deepthroat|gangbang|creampie|bukkake|handjob|futanari|femdom|cumshot|rimjob
    jerk off|masturbating|masturbates to|while|me|him|her
    talk|talking dirty to me
    be|become|act as|play my .. girlfriend|boyfriend|slave|mistress|dominatrix .. sexual|horny|naked|dirty|nsfw
    underage|minor|loli|shota|schoolgirl|preteen|child|teenage .. sex|sexual|sexy|naked|nude|erotic|porn
    historia|cuento|relato|escena erótica|erótico|sexual|porno
    histoire|scène|récit érotique|porno|sexuelle|coquine
    erotische|erotischen|pornografische|pornographische geschichte|szene|erzählung
    storia|racconto|scena erotica|erotico|porno
    história|conto|cena erótica|erótico|porno
    эротический|эротическую|порнографический|порно рассказ|историю|сцену
    erotik|porno|seks .. hikayesi|hikaye|hikâye|sahnesi|sahne
    色情小说|色情故事|色情描写|色情内容|色情片|色情网站|色情图片|情色小说|情色故事|情色描写|淫荡|黄色小说|成人小说|性爱小说|性爱故事|性爱描写|性爱场景
    エロい|エロ小説|エロ漫画|エロ動画|エロゲ|官能小説|濡れ場
    야설|야동|음란
    nsfw
    have|having|has|had sex .. on|in|with .. story|scene|chapter|explicit|beach|bed|shower
    naked|nude|topless .. body|woman|girl|boy|man|wife|photo|picture|selfie|pics
    lewd|naughty|raunchy|smutty|filthy|slutty story|stories|caption|captions|text|texts|message|messages|joke|jokes|chat|roleplay
    seduce|seducing|undress|undressing|spank|spanking|grope|groping me|her|him|you|the
    succubus|incubus|dominatrix|stripper|escort|pornstar .. roleplay|chat|seduce|story|scene|client
    fucks|fucked|fucking her|him|me|my|his|a
    lust|aroused|arousal|horny .. her|his|she|he|body|breasts|thighs
    breasts|boobs|buttocks|thighs|crotch|nipples .. naked|squeezed|caress|bounce|bouncing|touched
    boobs|crotch|nipples .. soft|wet|hard|bare|squeeze|touch
    versaute|geile|sexgeschichte|pornogeschichte
    erotisch|pornografisch verhaal
    relato|historia|cuento|historias porno|pornográfica|picante|sexo
    """,
)
HATE = _rule(
    "hate",
    "toxic",
    """
    nigger|niggers|faggot|faggots|kike|kikes|spics|chinks|gooks|wetbacks|ragheads|towelheads|trannies|shemale|subhumans
    kill|gas|exterminate|eradicate|deport|hang|lynch|enslave all .. jews|muslims|blacks|gays|christians|immigrants|whites|women|arabs|asians|mexicans|gypsies|homosexuals
    jews|muslims|blacks|gays|women|immigrants|arabs|mexicans|gypsies|asians|whites .. so|are|is|deserve .. inferior|subhuman|vermin|parasites|animals|scum|cockroaches|filth|worthless|evil
    hate|hating|despise .. jews|muslims|blacks|gays|immigrants|arabs|mexicans|gypsies|homosexuals
    racist|sexist|homophobic|antisemitic|transphobic|misogynistic joke|jokes|rant|insult|insults|slur|slurs|poem|tweet|speech|song|roast
    heil hitler
    jews|muslims|blacks|gays|women|immigrants|arabs|mexicans|gypsies|christians deserve to die
    fun of black|poor|jewish|muslim|gay|disabled|fat people
    mock|insult|humiliate|degrade .. black|jewish|muslim|gay|disabled|trans people
    white power|supremacy .. manifesto|speech|slogan
    insults|slurs|jokes .. asian|asians|black|jewish|muslim|arab|indian|mexican|gay|trans|disabled|fat people|person|women|men|kids
    nazi|ss|kkk|aryan song|anthem|lyrics|speech|poem|slogan|propaganda .. praising|glorifying|for|about
    praise|praising|glorify|glorifying|celebrate|celebrating .. hitler|holocaust|genocide|final solution|nazis|kkk|slavery
    black|africans|women|jews|arabs|muslims .. lower|less|low intelligence|iq|intelligent
    gypsies|jews|muslims|arabs|blacks|immigrants .. thieves|scum|criminals|rats|terrorists|rapists|greedy
    """,
)
VIOLENCE = _rule(
    "violence",
    "toxic",
    """
    how|ways|step|steps|instructions|guide|way|recipe .. make|build|construct|assemble|create|synthesize|cook .. bomb|bombs|explosive|explosives|grenade|napalm|molotov|sarin|ricin|meth|methamphetamine|silencer
    make|build .. pipe|fertilizer|car|dirty|nail bomb
    how|ways|plan|way|steps .. kill|murder|poison|strangle|kidnap|torture|stab my|your|his|her|a|someone|somebody .. wife|husband|neighbor|neighbour|boss|friend|child|girl|boy|woman|man|person|people|mother|father|ex
    how|way|ways|place .. hide|dispose|rid of a|the|his|her|their|dead body|corpse
    how|way|ways|place .. hide|bury|dissolve a|the|his|her|their|dead body|corpse
    how|way|ways|best .. torture .. someone|somebody|him|her|person|people|prisoner
    get away with .. murder|killing|rape
    how .. rape|molest a|an|my|someone|somebody|her|him|girl|child|kids|woman
    how .. groom|drug girl|girls|boy|boys|child|children|kids|minor|woman|women|someone|somebody
    how .. groom|drug a|an|my|young girl|boy|child|kid|minor|teenager|woman|date
    plan|planning|commit|committing|do a|the school|mass shooting|massacre
    me plan .. shooting|massacre|attack|bombing .. school|church|mosque|people
    help .. plan .. school|mass shooting
    cómo|como hacer|fabricar|construir .. explosivo|explosivos
    cómo|como hacer|fabricar|construir .. bomba casera|molotov|lapa|explosiva|nuclear
    comment fabriquer .. bombe|explosif|explosifs
    wie baue|bastle|bastele|baut|bastelt .. bombe|sprengstoff
    wie .. bombe|sprengstoff baue|bauen|baut|bastle|basteln|bastelt|herstelle|herstellen
    как сделать|собрать|изготовить .. бомбу|взрывчатку
    怎么|如何|怎样 制造|做|制作 炸弹|炸药|毒品
    nerve gas|agent .. mix|make|synthesis|recipe|produce|chemicals|ingredients
    mix|make|synthesis|recipe|produce|chemicals|ingredients|instructions .. nerve gas|agent
    making|make|recipe|instructions|build|building|synthesize|produce .. napalm|sarin|ricin|tatp|thermite|anthrax|vx
    assassinate|assassinating .. president|politician|minister|someone|king|leader|escape
    stab|strangle|poison|kill my .. ex|wife|husband|boss|neighbor|neighbour|sister|brother|mother|father|teacher|classmate
    build|make|print|3d .. gun|guns|rifle|suppressor|silencer .. home|garage|instructions|printer|untraceable
    ghost gun .. build|make|print
    nitroglycerin|tatp|anfo .. make|recipe|synthesis|instructions
    """,
)
CRIME = _rule(
    "crime",
    "toxic",
    """
    write|create|make|develop|build|code|give|generate .. ransomware|keylogger|malware|trojan|spyware|botnet|rootkit|phishing
    how .. hack|crack .. into .. someone|someones|somebody|account|facebook|instagram|wifi|bank|password|phone
    how .. launder|counterfeit|forge|smuggle .. money|cash|dollars|drugs|guns|passport|passports
    how .. steal|clone .. car|cars|identity|identities|credit|cards|money
    how|where .. buy|sell|get|order .. cocaine|heroin|meth|fentanyl|lsd|mdma
    how|where .. buy|sell stolen|guns
    how .. pick|break into .. neighbours|neighbors|someones|house|lock|car .. rob|steal|burgle
    how .. shoplift|burgle|embezzle|blackmail|extort
    scam|phishing|smishing sms|text|texts|email|emails|message|messages|call|script .. pretending|from|as|bank|post|irs
    fake|counterfeit dollars|bills|money|banknotes|passport|passports|license|id .. pass|make|print|test
    make|print .. fake|counterfeit dollars|bills|money|banknotes|passport|id
    smuggle|smuggling .. drugs|weapons|guns|cocaine|people|through|past
    hotwire|bypass .. car|ignition .. steal|without
    ddos|dox|doxx|swat|stalk .. someone|site|website|server|him|her|person|ex
    evade|avoid .. taxes|police|customs .. illegally|caught
    """,
)
SELF_HARM = _rule(
    "self_harm",
    "toxic",
    """
    how|ways|method|methods|way|painless|best .. kill|hang|hurt|harm|cut|poison myself|yourself
    how|ways|way|method|methods|painless|pills .. commit suicide
    i|im .. going|plan|planning|want to .. kill myself|end my life
    end my life|it all tonight|today|now
    pro ana|mia tips
    anorexia|bulimia|thinspo|starving tips|tricks|goals
    encourage|encouraging|convince|persuade .. suicide|self harm|anorexia|kill themselves|himself|herself
    kill yourself
    write|my|a|draft suicide note|letter .. my|me|i
    suicide note .. mine|myself|parents|family|goodbye
    hanging|overdose|jumping|cutting .. painful|painless|painlessly|lethal .. i|me|plan|method
    lethal|fatal dose of .. pills|paracetamol|ibuprofen|sleeping
    """,
)
RULES = (OVERRIDE, PERSONA, NO_LIMITS, SPAM, SEXUAL, HATE, VIOLENCE, CRIME, SELF_HARM)
