"""The words by which the gate knows an instruction: data, so that a reader can check and change it.

English lists hold base forms. `STRONG` holds, per language, what only someone who speaks to the
model says: patterns, in lower case.
"""

import re


def listed(words: str) -> tuple[str, ...]:
    """The words of a list that is written as one text."""
    return tuple(words.split())


ANSWER = listed(
    """response answer reply replies output completion elucidation explanation message text
    summary sentence sentences word words"""
)
CODE = listed(
    """code codebase implementation algorithm solution program software script function
    functionality project"""
)
"""What a model makes: with `your` before it, someone speaks to the model."""
LETTERS = listed(
    """letter letters vowel vowels consonant consonants typo typos anagram anagrams misspelling
    misspellings punctuation cipher spaces"""
)
"""What an answer consists of, by which attackers ask for a disguise."""

CHANGE = frozenset(
    listed(
        """add adapt adjust adopt alter append apply arrange augment avoid begin blend blur change
    combine complement compose conceal conclude consider convert craft decorate deploy
    disguise dress drop embed emphasise emphasize employ encode encourage encrypt end enhance
    enlist enrich ensure execute express feature fill finish flip format frame fuse group
    guarantee hide highlight incorporate include infuse inject insert integrate interweave
    introduce invert invite jumble keep leave let leverage make meld mention merge mirror
    misspell mix modify obfuscate omit paraphrase place polish present print promote provide
    put rearrange reference remove render repeat replace rephrase represent reverse rewrite
    rot scramble season seed separate shift shuffle sneak spell split sprinkle start state
    submerge substitute suggest supplement swap tack tease teach throw transform translate
    transpose tuck turn use utilise utilize validate verify weave wind work wrap write absorb
    anagram engage harmonize harmonise run paste refer remember slip finalize strengthen
    fortify optimise optimize mask accommodate assimilate confirm boost refine mesh inlay
    implant entwine cite point direct link close open lead advise recommend urge tell ask
    remind steer nudge quote attach plug slot"""
    )
)
"""What is asked to be done to an answer or to code."""

FREE = frozenset(
    listed(
        """explain describe draft write translate summarize summarise compose outline define solve
        paraphrase rephrase elaborate illustrate pretend imagine interpret proofread debug recite
        devise narrate brainstorm differentiate conjugate compare"""
    )
)
"""Jobs that documents rarely set: they need no `me` and no article after them."""
TASK = FREE | frozenset(
    listed(
        """calculate compute discuss recommend analyze analyse classify clarify list name invent
        predict evaluate sum teach demonstrate detail distinguish convert tell give show suggest
        propose spell contrast break walk research automate categorize rewrite conceive formulate
        simplify act rank"""
    )
)
"""Jobs that a model is given."""
MAKE = frozenset(
    listed(
        """provide create develop generate produce make build prepare find share design plan craft
        implement help pen identify extract detect estimate supply offer assess examine determine"""
    )
)
"""What documents ask for too: a job only with one of PRODUCTS close behind."""
PRODUCTS = frozenset(
    listed(
        """poem story tale essay letter speech example examples function script query program recipe
        summary synonym synonyms antonym equivalent translation itinerary slogan joke code song
        limerick haiku article introduction paragraph explanation overview tips sentence riddle plot
        ideas outline analysis definition difference differences guide tutorial lyrics dialogue
        monologue review headline tweet post caption blog biography report presentation comparison
        steps sql python java javascript html regex algorithm class formula proof solution answer
        sentiment topic topics keywords entities theme themes pros passwords plan model error errors
        bug bugs mistakes spelling grammar"""
    )
)
ACT = frozenset(
    listed(
        """send email mail forward transfer wire pay buy order purchase book grant unlock lock open delete
        remove erase share retrieve fetch download upload install move copy withdraw deposit exchange
        schedule cancel change update reset disable enable turn revoke invite add post publish reply
        call search check read access get save deploy execute run make sell create set"""
    )
)
"""What only the user may ask for: an attack when text in a result asks it for `my` things."""

OPENING = re.compile(
    r"""(?ix)^[\W_]*+(?:
    please | kindly | now | then | also | first | finally | next | instead | and | but | so | just | always | simply
    | you\ (?:must|should|need\ to|have\ to|will|may|might\ want\ to|can|could|are\ to)
    | (?:can|could|would|will)\ you(?:\ please|\ kindly)?
    | i\ (?:want|need|would\ like)\ you\ to | i'd\ (?:like|love)\ (?:you\ to|for\ you\ to)
    | make\ (?:sure|certain)\ (?:to|that\ you|you) | be\ sure\ to | remember\ to | keep\ in\ mind\ to
    | (?:do\ not|don'?t|never)\ (?:hesitate|forget|fail|neglect)\ to | feel\ free\ to | try\ to | to\ proceed
    | it\ (?:is|may\ be|might\ be|would\ be|could\ be)\ \w+\ to
    | in\ addition | before\ (?:answering|replying|responding|you\ \w+) | when\ you\ (?:answer|reply|respond)
    | for\ (?:the|this)\ \w+ | \w+ly
    )[\s,:]+"""
)
"""What may stand before the verb of an order."""

QUESTION = re.compile(
    r"""(?ix)^[\W_]*+(?:
    (?:what|who|whom|whose|which|where|when|why|how)(?:'s|'re|\ \w+)
    | (?:can|could|would|will)\ you | (?:is|are|do|does|did)\ (?:there|it|the|you|we|a)
    )\b .{6,200}? \?['"\ )]*$"""
)

STRONG = {
    "en": r"""
    \b(?:ignore|disregard|forget|override|bypass|neglect|skip|drop|discard|abandon)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|all|other|original|your|former|current|existing|user'?s?)\b.{0,30}\b(?:instruction|prompt|direction|command|directive|rule|task|guideline|request|order)s?\b
    | \b(?:new|updated|important|additional|urgent|system|special|hidden)\ (?:instruction|directive|order|task|rule|command)s?\b.{0,40}\b(?:for|to)\ (?:you\b|the\ (?:assistant|agent|model|ai)\b)
    | \bimportant\ message\ from\b
    | \bbefore\ (?:you\ )?(?:can\ )?(?:solv|answer|complet|finish|continu|proceed|do|respond)\w*\b.{0,60}\b(?:first|please|must|following)\b
    | \b(?:dear|attention|note\ to|message\ (?:to|for)|hey|hello|hi),?\ (?:the\ |any\ |all\ )?(?:ai\b|assistants?\b|agents?\b|(?:large\ )?language\ models?\b|llms?\b|chatbots?\b|gpt\b)
    | \b(?:ai|llm|language\ model)s?\ (?:assistants?|agents?|models?|systems?)?\s?(?:reading|processing|that\ reads?|who\ reads?|summari[sz]ing)\b
    | \byou\ are\ (?:now|no\ longer)\ (?:an?|in|acting|dan|bound)\b
    | \byour\ (?:new|real|actual|true|primary)\ (?:task|goal|instructions?|objective|job|mission)\b
    | <(?:information|system|instructions?|\|im_start\|)>(?=.{40})
    | \b(?:do\ not|don'?t|never|without)\ (?:mention|tell|inform|reveal|disclos|notify|telling|informing|mentioning)\w*\b.{0,40}\b(?:user|anyone|them|human)\b
    | \b(?:reveal|print|repeat|output|leak|show|send)\b.{0,20}\b(?:your|the)\ (?:system\ prompt|hidden\ prompt|initial\ instructions)
    | \b(?:stop|quit)\ (?:what\ you\ are\ doing|helping\ the\ user|the\ current\ task)
    | \b(?:ignore|disregard|forget)\ (?:everything|anything|whatever|what)\ (?:you|the|was|has)\b
    | \b(?:instructions?|directions?|orders?)\ (?:above|before\ this)\b.{0,40}\b(?:out\ of\ date|outdated|obsolete|void|wrong|invalid|replaced)
    | \b(?:act|behave|speak)\ as\ (?:if|though)\ you\ (?:were|are)\b
    | \bin\ (?:every|each|all|any)\ (?:answer|response|reply|message)s?\ (?:that\ )?you\ (?:give|write|send)
    | \binstead\ of\ (?:the\ user'?s?\ (?:request|task)|what\ the\ user|answering|doing\ what)
    """,
    "es": r"""
    \b(?:ignora|ignore|olvida|olvide|omite|descarta|desestima)\b.{0,40}\b(?:instruccion|indicacion|orden|regla|anterior|previ)
    | \b(?:tu|en\ (?:su|la))\ (?:respuesta|contestaci[oó]n)\b
    | \b(?:nueva|nuevas)\ instrucci[oó]n(?:es)?\b | \bno\ (?:se\ )?lo?\ (?:menciones|digas|cuentes)\b | \basistente\ de\ ia\b
    | \b(?:olvida|olvide|ignora|ignore)\b.{0,60}\b(?:usuario|petici[oó]n|solicitud) | \b(?:nueva|verdadera)\ (?:tarea|misi[oó]n)\b
    | \bno\ (?:menciones|digas|cuentes|reveles|informes)\b.{0,40}\b(?:usuario|nadie) | \bantes\ de\ (?:continuar|seguir|responder)\b.{0,30}\b(?:abre|abra|env[ií]a|visita|visite|haz|haga)\b
    """,
    "fr": r"""
    \b(?:ignore[rz]?|oublie[rz]?|n[ée]glige[rz]?)\b.{0,40}\b(?:instruction|consigne|directive|ordre|pr[ée]c[ée]dent)
    | \b(?:ta|votre)\ r[ée]ponse\b | \bnouvelles?\ (?:instruction|consigne)s?\b | \bassistant\ (?:ia|d'ia)\b
    | \b(?:oublie[rz]?|ignore[rz]?)\b.{0,40}\b(?:utilisateur|demande) | \bavant\ de\ (?:continuer|poursuivre|r[ée]pondre)\b.{0,30}\b(?:ouvre|ouvrez|envoie|envoyez|visite|fais|faites)
    | \bne\ (?:le\ )?(?:dis|dites|mentionne[zs]?|parle[zs]?)\b.{0,30}\b(?:utilisateur|personne)\b
    """,
    "de": r"""
    \b(?:ignoriere?n?|vergiss|vergessen\ sie|missachte|verwirf)\b.{0,50}\b(?:anweisung|vorgabe|befehl|regel|aufgabe|vorherig|bisherig)
    | \bneue\ anweisung(?:en)?\b | \bki-(?:assistent|agent|modell)
    | \b(?:vergiss|vergessen\ sie|ignoriere?n?)\b.{0,50}\b(?:nutzers?|benutzers?|anfrage|bitte)\b | \bbevor\ (?:du|sie)\b.{0,30}(?:[öo]ffne|sende|schicke|besuche|[üu]berweise)
    | \b(?:deiner|ihrer|deine|ihre)\ antwort\b | \b(?:sag|sage|erw[äa]hne|verrate|erz[äa]hle|teile)\b.{0,40}\b(?:nutzer|benutzer|niemandem)\b
    """,
    "it": r"""
    \b(?:ignora|ignorate|dimentica|trascura)\b.{0,40}\b(?:istruzion|indicazion|ordin|regol|precedent)
    | \b(?:tua|vostra|sua)\ risposta\b | \bnuov[ae]\ istruzion[ei]\b | \bassistente\ (?:ia|ai)\b
    | \b(?:dimentica|ignora)\b.{0,40}\b(?:utente|richiesta) | \bnuov[ae]\ istruzion | \bprima\ di\ (?:continuare|proseguire|rispondere)\b.{0,30}\b(?:apri|invia|visita|fai)
    | \bnon\ (?:dirlo|menzionar|rivelar|dire)\w*\b.{0,40}\b(?:utente|nessuno)\b
    """,
    "pt": r"""
    \b(?:ignore|ignora|esque[çc]a|desconsidere|descarte)\b.{0,40}\b(?:instru[çc]|orienta[çc]|orden|regra|anterior)
    | \b(?:sua|tua)\ resposta\b | \bnovas?\ instru[çc](?:[ãa]o|[õo]es)\b | \bassistente\ de\ ia\b
    | \b(?:esque[çc]a|ignore)\b.{0,40}\b(?:usu[áa]rio|pedido) | \bantes\ de\ (?:continuar|prosseguir|responder)\b.{0,30}\b(?:abra|envie|visite|fa[çc]a)
    | \bn[ãa]o\ (?:conte|mencione|diga|revele)\b.{0,30}\b(?:usu[áa]rio|ningu[ée]m)\b
    """,
    "tr": r"""
    \b(?:[öo]nceki|yukar[ıi]daki|t[üu]m)\b.{0,30}\b(?:talimat|komut|y[öo]nerge|kural)\w*\b.{0,30}\b(?:yok\ say|unut|g[öo]rmezden|dikkate\ alma)
    | \b(?:yan[ıi]t[ıi]na|cevab[ıi]na|yan[ıi]t[ıi]nda|cevab[ıi]nda|yan[ıi]t[ıi]n[ıi]|cevab[ıi]n[ıi]|yan[ıi]t[ıi]n[ıi]z\w*|cevab[ıi]n[ıi]z\w*)\b
    | \bkullan[ıi]c[ıi](?:ya|n[ıi]n)\b.{0,40}(?:bahsetme|s[öo]yleme|unut) | \bdevam\ etmeden\ [öo]nce\b | \byeni\ talimat(?:lar)?\b | \byapay\ zek[âa]\ asistan
    """,
    "ru": r"""
    \b(?:игнорируй|проигнорируй|забудь|отбрось)(?:те)?\b.{0,40}(?:инструкц|указани|команд|правил|предыдущ)
    | \b(?:сво[йеё]м|тво[йеё]м|вашем|свой|ваш|твой)\s(?:ответе?|сообщени[еи])\b | \bнов(?:ая|ые)\sинструкци[ия]\b
    | \b(?:забудь|игнорируй)(?:те)?\b.{0,40}(?:пользовател|просьб|задани) | \bпрежде\sчем\sпродолж.{0,30}(?:открой|отправь|зайди|перейди)
    | \bне\s(?:говори|сообщай|упоминай)(?:те)?\b.{0,40}(?:пользовател|никому)
    """,
    "zh": r"""(?:忽略|无视|忘记|忽視|無視|不要理会).{0,16}(?:指令|指示|要求|提示|规则|命令)
    | (?:你|您)的(?:回答|回复|答复|答案|回應|代码|解决方案)(?:中|里|裡|前|后|末尾|结尾|开头)? | 新(?:的)?(?:指令|指示|任务) | (?:忘记|忽略|忘掉).{0,10}用户 | (?:继续|回答)之?前.{0,6}(?:打开|访问|发送|登录) | 不要(?:告诉|告知|提及).{0,8}用户
    """,
    "ja": r"""(?:以前|これまで|上記|前|すべて|全て).{0,10}(?:指示|命令|プロンプト|ルール).{0,10}(?:無視|忘れ)
    | (?:あなたの)?(?:回答|返答|返信|応答)(?:の中|の最後|の末尾|の冒頭)?(?:に|で|を|は).{0,60}(?:してください|加えて|含めて|入れて|書いて|置き換え|追加)
    | 新しい(?:指示|命令|タスク) | ユーザーの(?:依頼|指示).{0,6}(?:忘れ|無視) | (?:回答|返答|返信)(?:の中|の最後|の末尾)?(?:に|で|を).{0,40}(?:ください|下さい) | ユーザーには?.{0,12}(?:言わない|伝えない|知らせない|教えない)
    """,
}
"""Override, hand-over of a new task, silence towards the user; outside English also the answer."""

JOBS = {
    "es": r"(?:escribe|escriba|redacta|redacte|traduce|traduzca|explica|explique|describe|resume|calcula|env[ií]a|transfiere|reenv[ií]a|borra|descarga|cu[eé]ntame|dame|dime),?\ (?!\d)\w+\ \w+",
    "fr": r"(?:[ée]cris|[ée]crivez|r[ée]dige[zs]?|tradui[st]ez?|traduis|explique[zs]?|d[ée]cris|d[ée]crivez|r[ée]sume[zs]?|calcule[zs]?|envoie|envoyez|transf[èe]re|supprime[zs]?|t[ée]l[ée]charge[zs]?|donne-moi|dis-moi|raconte)\ \w+['\ ]\w+",
    "de": r"(?:schreibe?|verfasse|[üu]bersetze?|erkl[äa]re?|beschreibe?|fasse|berechne|sende|schicke?|[üu]berweise|leite|l[öo]sche?|lade|nenne|gib|erz[äa]hle?),?\ (?:wie|was|warum|mir|bitte|den|die|das|dem|ein\w*|alle|diese\w*|folgende\w*|sofort|zuerst|\d+)\ \w+",
    "it": r"(?:scrivi|traduci|spiega|descrivi|riassumi|calcola|invia|trasferisci|inoltra|elimina|cancella|scarica|dammi|dimmi|raccontami)\ \w+['\ ]\w+",
    "pt": r"(?:escreva|traduza|explique|descreva|resuma|calcule|envie|transfira|encaminhe|apague|exclua|baixe|conte-me|d[êe]-me|diga)\ \w+\ \w+",
    "tr": r"\w{1,40}.{4,80}\b(?:yaz|[çc]evir|a[çc][ıi]kla|anlat|[öo]zetle|hesapla|g[öo]nder|aktar|sil|indir|yaz[ıi]n|[çc]evirin|a[çc][ıi]klay[ıi]n|anlat[ıi]n|g[öo]nderin|silin)\s*(?:[.!:].*)?$",
    "ru": r"(?:напиши|переведи|объясни|опиши|расскажи|вычисли|отправь|перешли|удали|скачай|составь|назови)(?:те)?,?\s\w+",
    "zh": r"(?:请|請)?(?:帮我|给我|你)?(?:把.{2,12}翻译|用.{1,8}(?:总结|解释|描述|写)|写一|翻译|解释一?下?|描述|总结|计算|发送|转账|转发|删除|下载|告诉我|列出|介绍一下)\w{2,}",
    "ja": r".{4,80}(?:書いて|翻訳して|説明して|教えて|要約して|計算して|送信して|送って|振り込んで|転送して|削除して|ダウンロードして)(?:ください|下さい|くれ)",
}
"""Jobs in other languages, as the whole of a sentence's beginning."""
