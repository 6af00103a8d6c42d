// Written by scripts/unicode-tables.py from Python tokenizers 0.23.3; do not edit.
// Each run of code points is two numbers: the gap since the end of the run before, and its length less one.

/** Digits of the numbers. One of the first {@link LAST} ends a number. */
export const DIGITS: string = 'tenris=,().oahlc;ud{}f:#pg[]0&+w1ym?>2_kb!vx5A<S-36|IPz4TCNMO*/'
/** Number of digits that end a number; the others, from 1 up, stand before. */
export const LAST: number = 24
/** Removed by clean_text: NUL, U+FFFD, Cc but tab and line ends, Cf, Co. */
export const CONTROL: string =
  't(neeu[#p(htpbds:twttget]-=tg+iipnigeie)p>_(&4cpS#ty)net]Actp+/.r03#,5TM=tp=[#pPC(pP/hnpP/h'
/** Split off by BertPreTokenizer: ASCII punctuation and P*. */
export const PUNCTUATION: string =
  'p)l.=pnspnrp.tstrt.ertrtI=t(tv.spuegrtetntntp}e}eeehtne[nr]=tp{h1ung=lp,tyfe.t_#t4rt[dt.e+tletphrg#t[niie]cs+rt-a(&,t-}ep}e[=ng#e&hnenph.>ee1te0(=es+i=&orgoigleg;,otCa#({eaeop=ele3)rpsep&sh[,ep,)k{fgcrp(ez{ree];t0#p:ed!lni)no;tat]nt[dtz|.emsn]rt.t]{s_}r[lep;netgeep#t]ea;e0ir0=e;ey)tA1.ew;):p.ehetitee&sneser.erepnnetprtete=bnn6}tgttb=tP#tw,tp,tm((plt];=gd=[urpyd=]heer0=rgte[,irthten[;s]otAaty.:])ny(n[<uiv0)e0htgui(tA1dtw&#i'
/** Set apart by handle_chinese_chars. */
export const CHINESE: string = '2w;+pcg;AkcS>(5,p4_tp&S#p(]3cy;0C#mm;Ac'
/** Category Mn, removed by strip_accents. */
export const NON_SPACING: string =
  '4tgcntnpdmoimep}eteeeeet[t.gt};t]s=nsneerpotp=pn[{.g.(p.re(eneip{n0cp,g,teti,itr=.epstg.tir(t}epseg)tieiennrtp=ertoeg)tiieeit}epstg.tnter(t(toep=tghtatgntghnsenr,eoepstg.tnt=tse}epstgcr(t}e]=t,net[dtn=a,]ntnseeos[neprtetetg,eetnteseteneessererererereoen)t]=reseenepeein;rhtne=tctI,n/.npsnpsep=eg;ee=(tn.)tpfn&ot]:nie)t=n1rentg.te=etetn,=)ntgthgdrgtteietstp;(aep(rneeng(teerteng.,ne&(neae=it=trew=gs=rPtaitro[y:n0ft]tp,<nr]oe4w}ti)p(e[(em(trtitpee&htprugi,pe.p:ngttnrntp;tg{sneneat(tp#tgrtenneseetpde(t1:tntit5-;tPuc;cppht1.t&sipPlneesrp;nit&fep_.tg=lg(ngernegfnpaietnigltaegi(on]nnntee&#tr,feg.trtph=ri>=setieee1:r=eeepre[h,ntee].tetnset]snnreiANaigo=p+(r5gde03;nu,n=p=r&ing]og=ige(tlt:iel[T;=56zu1#'
/** Combining characters that canonical ordering moves though strip_accents keeps them. */
export const SPACING_COMBINING: string =
  'gkih0pnt]stg#e5ct]*neT0rt]at|b,t]}tmctyitrt-#tpxttpyx:(=s[ts[C#=e;n=eeeigve='
/** Code points above U+FFFF that NFD takes apart; later Unicode versions know more. */
export const ASTRAL_DECOMPOSING: string = 'pN5dtetlt0.eAoe_=eetyoep??.=[lsgg!cAh'
